import { FaceError } from '../../core/errors.ts'
import { type Stranger, strangerStatuses } from '../../storage/ports/strangers.ts'
import { createIdOf } from '../collection-id.ts'
import type { RecognitionDependencies } from '../dependencies.ts'
import { createAssign } from './assign.ts'
import { createErase, createSearch } from './erase.ts'
import type { StrangerKeeper } from './keeper.ts'
import type { StrangerChange, Strangers } from './strangers-api.ts'
import { createSuggestions } from './suggestions.ts'

/** Strangers of one call. */
const maxChanged = 1000

/** Creates the use cases of strangers. */
export function createStrangers(deps: RecognitionDependencies, keeper: StrangerKeeper): Strangers {
  const { gallery } = deps
  const { strangers } = gallery
  const idOf = createIdOf(gallery)

  async function change(
    name: string,
    ids: readonly string[],
    apply: (collectionId: string, ids: readonly string[]) => Promise<readonly string[]>,
  ): Promise<readonly StrangerChange[]> {
    assertIds(ids)
    const collectionId = await idOf(name)
    // Ids given may be of strangers that have become others.
    const found = new Map<string, Stranger>()
    for (const id of ids) {
      const stranger = await strangers.get(collectionId, id).catch((error: unknown) => {
        if (error instanceof FaceError && error.code === 'strangerNotFound') return undefined
        throw error
      })
      if (stranger !== undefined) found.set(id, stranger)
    }
    const known = [...found.values()].map((stranger) => stranger.id)
    const done = new Set(await apply(collectionId, [...new Set(known)]))
    return ids.map((id) => {
      const is = found.get(id)
      if (is !== undefined && done.has(is.id)) return { id, outcome: 'done' }
      return { id, outcome: is?.status === 'assigned' ? 'assigned' : 'notFound' }
    })
  }

  return {
    async list(name, options = {}) {
      const { status } = options
      if (status !== undefined && !strangerStatuses.includes(status)) {
        throw new FaceError('invalidOption', {
          detail: `status must be one of ${strangerStatuses.join(', ')}.`,
        })
      }
      return strangers.list(await idOf(name), options)
    },
    get: async (name, id) => strangers.get(await idOf(name), id),
    counts: async (name) => strangers.counts(await idOf(name)),
    async sightings(name, options = {}) {
      const collectionId = await idOf(name)
      const { strangerId } = options
      if (strangerId === undefined) return strangers.sightings(collectionId, options)
      const { id } = await strangers.get(collectionId, strangerId)
      return strangers.sightings(collectionId, { ...options, strangerId: id })
    },
    async sighting(name, id) {
      const collectionId = await idOf(name)
      await keeper.written(id)
      const [found] = await strangers.embedded(collectionId, [id])
      if (found === undefined) throw new FaceError('sightingNotFound')
      const { embedding: _, ...sighting } = found
      return sighting
    },
    crop: async (name, id) => (await strangers.getCrop(await idOf(name), id))?.bytes,
    suggestions: createSuggestions(deps),
    assign: createAssign(deps),
    unassign: async (name, id) => strangers.unassign(await idOf(name), id),
    ignore: (name, ids) => change(name, ids, (id, known) => strangers.setIgnored(id, known, true)),
    show: (name, ids) => change(name, ids, (id, known) => strangers.setIgnored(id, known, false)),
    discard: (name, ids) => change(name, ids, (id, known) => strangers.discard(id, known)),
    search: createSearch(deps),
    erase: createErase(deps, keeper),
    settle: async (name) => keeper.settle(await gallery.collections.get(name)),
  }
}

/** @throws {FaceError} `invalidOption` */
function assertIds(ids: readonly string[]): void {
  if (ids.length >= 1 && ids.length <= maxChanged) return
  throw new FaceError('invalidOption', { detail: `Expected 1 to ${maxChanged} ids.` })
}
