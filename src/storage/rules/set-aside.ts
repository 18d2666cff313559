import type { SetAsideOutcome, TakeBackOutcome } from '../ports/set-aside.ts'

/** What a store knows of a person's faces that are to be set aside. */
export interface SetAsideFacts {
  /** Those that searches find. */
  readonly present: ReadonlySet<string>
  /** Those that are set aside already. */
  readonly aside: ReadonlySet<string>
  /** Those that a rejection or a confirmation was said of. */
  readonly stated: ReadonlySet<string>
  /** How many faces the person has that searches find. */
  readonly faceCount: number
  /** How many are to stay. */
  readonly keep: number
}

/** What becomes of each face that is to be set aside; the first ones as long as enough stay. */
export function planSetAside(
  faceIds: readonly string[],
  { present, aside, stated, faceCount, keep }: SetAsideFacts,
): readonly { readonly faceId: string; readonly outcome: SetAsideOutcome }[] {
  let left = faceCount
  const decide = (id: string): SetAsideOutcome => {
    if (aside.has(id)) return 'alreadySetAside'
    if (!present.has(id)) return 'notFound'
    if (stated.has(id)) return 'stated'
    if (left <= keep) return 'withinCap'
    left--
    return 'setAside'
  }
  return faceIds.map((faceId) => ({ faceId, outcome: decide(faceId) }))
}

/** What a store knows of a person's faces that are to be put back. */
export interface TakeBackFacts {
  /** Image and place in it of those that are set aside, by id. */
  readonly aside: ReadonlyMap<string, string>
  /** Those that searches find. */
  readonly present: ReadonlySet<string>
  /** Image and place of the faces that the person has. */
  readonly sources: ReadonlySet<string>
}

/** What becomes of each face that is to be put back. */
export function planTakeBack(
  faceIds: readonly string[],
  facts: TakeBackFacts,
): readonly { readonly faceId: string; readonly outcome: TakeBackOutcome }[] {
  const sources = new Set(facts.sources)
  const decide = (id: string): TakeBackOutcome => {
    if (facts.present.has(id)) return 'alreadyThere'
    const source = facts.aside.get(id)
    if (source === undefined) return 'notFound'
    if (sources.has(source)) return 'sameImage'
    sources.add(source)
    return 'restored'
  }
  return faceIds.map((faceId) => ({ faceId, outcome: decide(faceId) }))
}
