/** Whose each face is, and what persons are called, as it should be between two changes. */
export interface WorldState {
  /** Person by face id. */
  readonly owners: ReadonlyMap<string, string>
  /** Name by person id. */
  readonly names: ReadonlyMap<string, string>
}

type Transition = readonly [before: string | undefined, after: string | undefined]

/** What a change does to faces and persons, by id; `undefined` where there is none. */
export interface WorldChange {
  readonly owners: ReadonlyMap<string, Transition>
  readonly names: ReadonlyMap<string, Transition>
}

/** The change that takes another one back. */
export function invert({ owners, names }: WorldChange): WorldChange {
  const turn = (changes: ReadonlyMap<string, Transition>): ReadonlyMap<string, Transition> =>
    new Map([...changes].map(([id, [before, after]]) => [id, [after, before]]))
  return { owners: turn(owners), names: turn(names) }
}

/** Faces that the change adds. */
export function addedFaces({ owners }: WorldChange): readonly string[] {
  return [...owners].flatMap(([id, [before, after]]) => (before === undefined && after ? [id] : []))
}

interface Moment {
  readonly state: WorldState
  /** When it may have been seen first: as the change to it began. */
  readonly from: number
  /** When the next one was to be seen for sure, by node. */
  until?: readonly number[]
}

/** The states of a part of a gallery that one writer changes, and when each may have been seen. */
export interface World {
  now(): WorldState
  /**
   * Tells of a change that was made.
   *
   * @param when  as it began, and since when each node has to show it; milliseconds
   * @throws {Error} when it cannot have been made, because something else was there before
   */
  add(change: WorldChange, when: { readonly from: number; readonly until: readonly number[] }): void
  /** What a node may have shown at some moment between two. */
  between(node: number, from: number, to: number): readonly WorldState[]
}

/** Creates a world with nobody in it. */
export function createWorld(): World {
  const moments: Moment[] = [{ state: { owners: new Map(), names: new Map() }, from: 0 }]
  const last = () => moments.at(-1) as Moment
  return {
    now: () => last().state,
    add({ owners, names }, { from, until }) {
      const before = last()
      const state = {
        owners: apply(before.state.owners, owners),
        names: apply(before.state.names, names),
      }
      before.until = until
      moments.push({ state, from })
    },
    between: (node, from, to) =>
      moments
        .filter((one) => one.from <= to && (one.until?.[node] ?? Number.POSITIVE_INFINITY) >= from)
        .map(({ state }) => state),
  }
}

function apply(
  values: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, Transition>,
): ReadonlyMap<string, string> {
  const result = new Map(values)
  for (const [id, [before, after]] of changes) {
    const there = result.get(id)
    if (there !== before) throw new Error(`${id} was ${there}, not ${before}, and was changed.`)
    if (after === undefined) result.delete(id)
    else result.set(id, after)
  }
  return result
}
