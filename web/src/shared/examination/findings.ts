import type { JobItem, Statement } from '../api/types.ts'

/** Two persons whose faces are as similar as a match. */
export interface Pair {
  readonly personIds: readonly [string, string]
  /** Their nearest faces, in the same order. */
  readonly faceIds: readonly [string, string]
  readonly similarity: number
}

/** A face that a search would not find, were it not enrolled itself. */
export interface MissedFace {
  readonly faceId: string
  readonly personId: string
  readonly outcome: 'missed' | 'misnamed'
  readonly nearest?: {
    readonly faceId: string
    readonly personId: string
    readonly similarity: number
  }
}

export type Weakness = 'onePhotograph' | 'onlyTurned' | 'notFound'

/** A person whom a search may miss. */
export interface WeakPerson {
  readonly personId: string
  readonly weaknesses: readonly Weakness[]
}

/** What an examination lists. */
export interface Findings {
  readonly pairs: readonly Pair[]
  readonly missed: readonly MissedFace[]
  readonly weak: readonly WeakPerson[]
}

/** Sorts the items of a job of the kind `galleryReport` or `mergeSuggestions`. */
export function toFindings(items: readonly JobItem[]): Findings {
  const of = <Finding>(...types: readonly string[]): readonly Finding[] =>
    items.flatMap(({ body }) => (types.includes(String(body.type)) ? [body as Finding] : []))
  return {
    pairs: of<Pair>('alikePair', 'mergeSuggestion'),
    missed: of<MissedFace>('missedFace'),
    weak: of<WeakPerson>('weakPerson'),
  }
}

/** The same for a pair, whoever comes first. */
export function pairKey({ personIds }: Pick<Pair, 'personIds'>): string {
  return [...personIds].sort().join(' ')
}

/** Whether somebody has said that two persons are different: a face of one is not the other. */
export function areDifferent(
  { personIds }: Pick<Pair, 'personIds'>,
  rejections: readonly Pick<Statement, 'personId' | 'facePersonId'>[],
): boolean {
  const [one, other] = personIds
  return rejections.some(
    ({ personId, facePersonId }) =>
      (personId === one && facePersonId === other) || (personId === other && facePersonId === one),
  )
}

/** The pairs of several lists, each once: as it came first. */
export function mergePairs(...lists: readonly (readonly Pair[])[]): readonly Pair[] {
  const pairs = new Map<string, Pair>()
  for (const pair of lists.flat()) {
    if (!pairs.has(pairKey(pair))) pairs.set(pairKey(pair), pair)
  }
  return [...pairs.values()]
}
