import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { Answer, SendOptions, ServeNode } from '../servers/serve-node.ts'
import { type SampleFace, writeFacePhoto } from './cli.ts'
import { type Audit, waitForMore } from './write-ledger.ts'

const persons = '/v1/collections/default/persons'
const faces: readonly SampleFace[] = ['ann', 'bea', 'carla', 'dora', 'stranger']
/** All candidates that an identification may list. */
const maxPersons = 100

interface Enrolled {
  readonly personId: string
  deletion: 'none' | 'begun' | 'acknowledged'
}

/** Photographs that were enrolled over HTTP, and what was answered; for at most 100 persons. */
export interface PhotoLedger {
  /** A photograph of one of the persons, the same each time. */
  readonly photo: Uint8Array
  /** Enrols a new person; notes the answer when it is a success. */
  enroll(node: ServeNode): Promise<Answer>
  /** The same with a way of its own to send; the request has an Idempotency-Key and may be repeated. */
  enrollWith(
    post: (options: SendOptions & { readonly path: string }) => Promise<Answer>,
  ): Promise<Answer>
  remove(node: ServeNode, personId: string): Promise<Answer>
  /** Resolves when so many more writes were answered. */
  waitForMore(writes: number): Promise<void>
  /** Persons that an identification lists, of all that have faces. */
  identify(node: ServeNode): Promise<readonly string[]>
  /** Milliseconds from `since` until an enrolment and an identification of it succeed. */
  measureRecovery(node: ServeNode, since: number): Promise<number>
  /** Compares what was answered with what store and index have. */
  audit(node: ServeNode): Promise<Audit>
}

/** Creates the ledger. @param directory  an existing one for the photographs */
export async function createPhotoLedger(directory: string): Promise<PhotoLedger> {
  const photos: Uint8Array[] = []
  for (const name of faces) {
    photos.push(readFileSync(await writeFacePhoto(name, join(directory, `${name}.jpg`))))
  }
  const enrolled: Enrolled[] = []
  let next = 0

  const acknowledged = () =>
    enrolled.length + enrolled.filter(({ deletion }) => deletion === 'acknowledged').length

  const enrollWith: PhotoLedger['enrollWith'] = async (post) => {
    const image = photos[next % photos.length]!
    const form = { name: `P${next++}`, image }
    const answer = await post({ path: persons, form, headers: { 'idempotency-key': randomUUID() } })
    if (answer.status === 201) enrolled.push({ personId: answer.json.id, deletion: 'none' })
    return answer
  }

  const enroll = (node: ServeNode): Promise<Answer> =>
    enrollWith(({ path, ...options }) => node.send('POST', path, options))

  async function identify(node: ServeNode): Promise<readonly string[]> {
    const path = `/v1/collections/default/identify?candidates=${maxPersons}`
    const { status, json } = await node.send('POST', path, { form: { image: photos[0]! } })
    expect(status, JSON.stringify(json)).toBe(200)
    const candidates: readonly { readonly personId: string }[] = json.faces[0].candidates
    return candidates.map(({ personId }) => personId)
  }

  return {
    photo: photos[0]!,
    enroll,
    enrollWith,
    identify,
    waitForMore: (writes) => waitForMore(acknowledged, writes),

    async remove(node, personId) {
      const entry = enrolled.find((it) => it.personId === personId)!
      entry.deletion = 'begun'
      const answer = await node.send('DELETE', `${persons}/${personId}`)
      if (answer.status === 204) entry.deletion = 'acknowledged'
      return answer
    },

    async measureRecovery(node, since) {
      await vi.waitFor(
        async () => {
          const { status, json } = await enroll(node)
          expect(status, JSON.stringify(json)).toBe(201)
          expect(await identify(node)).toContain(json.id)
        },
        { timeout: 90_000, interval: 50 },
      )
      return Math.round(performance.now() - since)
    },

    async audit(node) {
      const { json } = await node.send('GET', `${persons}?limit=1000`)
      const stored = new Set(json.items.map(({ id }: { readonly id: string }) => id))
      const found = new Set(await identify(node))
      const lost = enrolled.filter(
        ({ personId: id, deletion }) => deletion === 'none' && !(stored.has(id) && found.has(id)),
      ).length
      const resurrected = enrolled.filter(
        ({ personId: id, deletion }) =>
          deletion === 'acknowledged' && (stored.has(id) || found.has(id)),
      ).length
      const differing = [...found].filter((id) => !stored.has(id)).length
      return { acknowledged: acknowledged(), lost, resurrected, differing }
    },
  }
}

/** Enrols photographs one after the other until the end. @returns ends it and gives what was not a success */
export function enrollOn(
  ledger: PhotoLedger,
  node: ServeNode,
): () => Promise<readonly (Answer | Error)[]> {
  const failures: (Answer | Error)[] = []
  let stopped = false
  async function write(): Promise<void> {
    while (!stopped) {
      const answer = await ledger.enroll(node).catch((error: Error) => error)
      if (answer instanceof Error || answer.status !== 201) {
        failures.push(answer)
        await sleep(20)
      } else if (Number(answer.json.name.slice(1)) % 3 === 0) {
        await ledger.remove(node, answer.json.id).catch((error: Error) => failures.push(error))
      }
    }
  }
  const writers = Promise.all([write(), write()])
  return async () => {
    stopped = true
    await writers
    return failures
  }
}
