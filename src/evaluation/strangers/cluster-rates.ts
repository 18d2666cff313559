/** A photograph, who it shows and whose it was taken to be. */
export interface Clustered {
  /** Name of the image. */
  readonly key: string
  readonly person: string
  readonly strangerId: string
}

/** How well strangers stand for persons. */
export interface ClusterRates {
  /** Share of the pairs of photographs put together that show one person. 1 where none are. */
  readonly precision: number
  /** Share of the pairs that show one person that were put together. 1 where there are none. */
  readonly recall: number
  readonly strangers: number
  readonly persons: number
}

/**
 * Pairwise precision and recall of a clustering.
 *
 * @source Manning, Raghavan & Schuetze 2008, Introduction to Information Retrieval, sec. 16.3
 */
export function computeClusterRates(photographs: readonly Clustered[]): ClusterRates {
  const persons = countBy(photographs, ({ person }) => person)
  const strangers = countBy(photographs, ({ strangerId }) => strangerId)
  const right = countPairs(
    countBy(photographs, ({ person, strangerId }) => `${strangerId}\0${person}`),
  )
  return {
    precision: shareOf(right, countPairs(strangers)),
    recall: shareOf(right, countPairs(persons)),
    strangers: strangers.size,
    persons: persons.size,
  }
}

/** A stranger with photographs of several persons. */
export interface MixedStranger {
  /** Pairs of photographs of different persons. */
  readonly wrongPairs: number
  /** Who was put together, most photographs first. */
  readonly people: readonly { readonly person: string; readonly images: readonly string[] }[]
}

/** A person whose photographs came to several strangers. */
export interface SplitPerson {
  readonly person: string
  /** Pairs of photographs that were not put together. */
  readonly missedPairs: number
  /** Photographs of each stranger, most first. */
  readonly parts: readonly (readonly string[])[]
}

/** The faults of a clustering, worst first, at most `limit` of each kind. */
export function findWorstClusters(
  photographs: readonly Clustered[],
  limit: number,
): { readonly mixed: readonly MixedStranger[]; readonly split: readonly SplitPerson[] } {
  const mixed: MixedStranger[] = []
  for (const own of groupBy(photographs, ({ strangerId }) => strangerId).values()) {
    const people = [...groupBy(own, ({ person }) => person)]
      .map(([person, images]) => ({ person, images: images.map(({ key }) => key) }))
      .sort((a, b) => b.images.length - a.images.length)
    const wrongPairs = pairsBetween(people.map(({ images }) => images.length))
    if (wrongPairs > 0) mixed.push({ wrongPairs, people })
  }
  const split: SplitPerson[] = []
  for (const [person, own] of groupBy(photographs, (photograph) => photograph.person)) {
    const parts = [...groupBy(own, ({ strangerId }) => strangerId).values()]
      .map((images) => images.map(({ key }) => key))
      .sort((a, b) => b.length - a.length)
    const missedPairs = pairsBetween(parts.map(({ length }) => length))
    if (missedPairs > 0) split.push({ person, missedPairs, parts })
  }
  return {
    mixed: mixed.sort((a, b) => b.wrongPairs - a.wrongPairs).slice(0, limit),
    split: split.sort((a, b) => b.missedPairs - a.missedPairs).slice(0, limit),
  }
}

/** Pairs whose two are of different groups of these sizes. */
function pairsBetween(sizes: readonly number[]): number {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.reduce((pairs, size) => pairs - pairsOf(size), pairsOf(total))
}

function pairsOf(size: number): number {
  return (size * (size - 1)) / 2
}

function countPairs(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((pairs, size) => pairs + pairsOf(size), 0)
}

function shareOf(right: number, all: number): number {
  return all === 0 ? 1 : right / all
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, number> {
  return new Map([...groupBy(items, keyOf)].map(([key, { length }]) => [key, length]))
}

function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [item])
    else known.push(item)
  }
  return groups
}
