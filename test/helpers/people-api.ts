import sharp from 'sharp'
import { type Region, samplePhoto } from './fake-camera.ts'

/** A person as the API answers it. */
export interface ApiPerson {
  readonly id: string
  readonly name: string
  readonly revision: number
  readonly faceCount: number
}

/** Makes and changes people behind the page's back, in the collection `default`. */
export interface PeopleApi {
  /** Makes persons without a face, several at once. */
  create(names: readonly string[]): Promise<readonly ApiPerson[]>
  /** Makes a person with the faces of these photographs. */
  enroll(name: string, photos: readonly Buffer[]): Promise<ApiPerson>
  send(method: string, path: string, body?: unknown): Promise<unknown>
}

const atOnce = 16

/** Creates the client of a server without keys. */
export function createPeopleApi(serverUrl: string): PeopleApi {
  const base = `${serverUrl}v1/collections/default`
  async function request(path: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(`${base}${path}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }
  const send: PeopleApi['send'] = (method, path, body) =>
    request(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  return {
    send,
    async create(names) {
      const persons: ApiPerson[] = []
      for (let start = 0; start < names.length; start += atOnce) {
        const some = names.slice(start, start + atOnce)
        const made = some.map((name) => send('POST', '/persons', { name }))
        persons.push(...((await Promise.all(made)) as ApiPerson[]))
      }
      return persons
    },
    async enroll(name, photos) {
      const form = new FormData()
      form.append('name', name)
      for (const [index, photo] of photos.entries()) {
        form.append('images', new Blob([new Uint8Array(photo)]), `${index}.jpg`)
      }
      const query = '?faces=largest&duplicates=ignore'
      return (await request(`/persons${query}`, { method: 'POST', body: form })) as ApiPerson
    },
  }
}

/** A part of a sample photograph. */
export function cutSample(number: number, region: Region): Promise<Buffer> {
  return sharp(samplePhoto(number)).extract(region).jpeg().toBuffer()
}

/**
 * Faces of the sample photographs. The first two are one woman: the default embedder gives 0.68 for
 * the pair. The others are two other people.
 */
export const sampleFaces = {
  ann: { number: 1, region: { left: 1300, top: 60, width: 560, height: 560 } },
  annAgain: { number: 3, region: { left: 960, top: 80, width: 420, height: 520 } },
  bea: { number: 6, region: { left: 130, top: 380, width: 450, height: 500 } },
  cleo: { number: 6, region: { left: 1400, top: 110, width: 480, height: 480 } },
} as const

/** A photograph of one of {@link sampleFaces}. */
export function samplePortrait(who: keyof typeof sampleFaces): Promise<Buffer> {
  const { number, region } = sampleFaces[who]
  return cutSample(number, region)
}
