import { type ServerProcess, startServerProcess } from './browser-server.ts'
import { type ApiPerson, createPeopleApi, cutSample, samplePortrait } from './people-api.ts'

/** A server on which every screen has something to show. */
export interface FurnishedServer extends ServerProcess {
  /** Has three photographs, of which one shows somebody else. */
  readonly ann: ApiPerson
  /** Looks like Ann. */
  readonly anna: ApiPerson
  /** A registration of many that is paused. */
  readonly job: string
  /** Another one, which has registered one photograph. */
  readonly endedJob: string
}

/**
 * Starts the built server and fills it through its API: people with photographs in the collection
 * `default`, among them two who may be one; a stranger; the collection `visitors` with jobs of many
 * photographs; and an error that was answered.
 */
export async function startFurnishedServer(): Promise<FurnishedServer> {
  const server = await startServerProcess()
  try {
    return { ...server, ...(await furnish(server.url)) }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function furnish(url: string): Promise<Omit<FurnishedServer, keyof ServerProcess>> {
  const api = createPeopleApi(url)
  await api.send('PATCH', '', { storeCrops: true, keepUnknown: { hours: 24, crops: true } })
  await send(url, 'collections', { name: 'visitors' })
  const photos = [await samplePortrait('ann'), await samplePortrait('annAgain')]
  const ann = await api.enroll('Ann', [...photos, await samplePortrait('bea')])
  const anna = await api.enroll('Anna', photos)
  await api.enroll('Cleo Østergård-Featherstonehaugh', [await samplePortrait('cleo')])
  await see(url, await cutSample(5, { left: 1038, top: 135, width: 320, height: 364 }))
  await expectStranger(url)
  await endJob(url, await send(url, 'collections/default/merge-suggestions', {}))
  await fetch(`${url}v1/collections/nobody/persons`)
  const endedJob = await enrolMany(url, photos.slice(0, 1))
  await endJob(url, { id: endedJob })
  return { ann, anna, job: await pauseJob(url, photos), endedJob }
}

async function see(url: string, photo: Buffer): Promise<void> {
  const body = new FormData()
  body.append('image', new Blob([new Uint8Array(photo)]), 'door.jpg')
  await check(
    await fetch(`${url}v1/collections/default/identify?source=Front%20door`, {
      method: 'POST',
      body,
    }),
  )
}

async function enrolMany(url: string, photos: readonly Buffer[]): Promise<string> {
  const form = new FormData()
  for (const [i, photo] of photos.entries()) {
    form.append('photos', new Blob([new Uint8Array(photo), String(i)]), `Person ${i}/1.jpg`)
  }
  const answer = await check(
    await fetch(`${url}v1/collections/visitors/enrolments`, { method: 'POST', body: form }),
  )
  return ((await answer.json()) as { readonly id: string }).id
}

/** So many photographs that the job cannot be done before it is paused. */
async function pauseJob(url: string, photos: readonly Buffer[]): Promise<string> {
  const many = Array.from({ length: 100 }, () => photos).flat()
  const id = await enrolMany(url, many)
  await check(await fetch(`${url}v1/jobs/${id}/pause`, { method: 'POST' }))
  await until(async () => (await readJob(url, id)).state === 'paused')
  return id
}

async function endJob(url: string, { id }: { readonly id: string }): Promise<void> {
  await until(async () => (await readJob(url, id)).state === 'done')
}

async function readJob(url: string, id: string): Promise<{ readonly state: string }> {
  const answer = await check(await fetch(`${url}v1/jobs/${id}`))
  return (await answer.json()) as { readonly state: string }
}

async function expectStranger(url: string): Promise<void> {
  await until(async () => {
    const answer = await check(await fetch(`${url}v1/collections/default/strangers`))
    return ((await answer.json()) as { readonly items: readonly unknown[] }).items.length > 0
  })
}

async function send(url: string, path: string, body: unknown): Promise<{ readonly id: string }> {
  const answer = await check(
    await fetch(`${url}v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  return (await answer.json()) as { readonly id: string }
}

async function check(answer: Response): Promise<Response> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`)
  return answer
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('The server does not become as the tests need it.')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
