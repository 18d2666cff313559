import { settleWithin } from '../../platform/workers/calls.ts'
import type { VectorIndex } from '../../search/vector-index.ts'
import { eachCollection } from '../../storage/iterate.ts'
import type { Collection, CollectionStore } from '../../storage/ports/collections.ts'

/** Metrics are read every few seconds, and do not wait for an index that is busy for longer. */
const statusTimeoutMs = 1000

/** How often searches of a collection find the best face, as its index tells. */
export interface IndexAgreement {
  readonly collection: string
  /** Searches are exact, and so is the agreement. */
  readonly exact: boolean
  /** Share of searches whose best face is that of an exact search, 0 to 1. */
  readonly agreement: number
  /** Least value that the agreement may have (Wilson, 95 %). */
  readonly agreementAtLeast: number
  readonly agreementAtMost: number
  /** Searches that were repeated exactly, which is what tells. */
  readonly audited: number
  /** Numbers of a face's code that are kept, and faces that a search ranks by their vectors; 0 where none is. */
  readonly width: number
  readonly shortlist: number
}

/**
 * The agreement of each collection whose index is loaded and tells it. Nothing is loaded for it, and
 * an index that does not answer within a second is left out.
 *
 * @param peek an index by its id, where it is loaded
 */
export async function readAgreements(
  store: { readonly collections: Pick<CollectionStore, 'list'> },
  peek: (indexId: string) => VectorIndex | undefined,
): Promise<readonly IndexAgreement[]> {
  const loaded: { readonly name: string; readonly index: VectorIndex }[] = []
  for await (const { indexId, name } of eachCollection(store)) {
    const index = peek(indexId)
    if (index !== undefined) loaded.push({ name, index })
  }
  const read = await Promise.all(loaded.map(({ name, index }) => readAgreement(name, index)))
  return read.filter((one) => one !== undefined)
}

async function readAgreement(
  collection: Collection['name'],
  index: VectorIndex,
): Promise<IndexAgreement | undefined> {
  const late = (): Error => new Error('It is busy.')
  const facts = await settleWithin(index.status(), statusTimeoutMs, late).catch(() => undefined)
  const agreement = facts?.agreement
  if (facts === undefined || typeof agreement !== 'number') return undefined
  const numberOf = (fact: unknown, otherwise: number): number =>
    typeof fact === 'number' ? fact : otherwise
  return {
    ...{ collection, agreement, exact: facts.exact === true },
    agreementAtLeast: numberOf(facts.agreementAtLeast, agreement),
    agreementAtMost: numberOf(facts.agreementAtMost, agreement),
    audited: numberOf(facts.audited, 0),
    width: numberOf(facts.width, 0),
    shortlist: numberOf(facts.shortlist, 0),
  }
}
