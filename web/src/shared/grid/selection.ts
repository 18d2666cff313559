/** What is chosen in a list, and from where a range goes on. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  /** Where the last range begins. */
  readonly anchor: string | undefined
  /** What was chosen before the last range. */
  readonly base: ReadonlySet<string>
}

export const nothingSelected: Selection = { ids: new Set(), anchor: undefined, base: new Set() }

/** A selection of these, none of which begins a range. */
export function selectionOf(ids: Iterable<string>): Selection {
  const chosen = new Set(ids)
  return { ids: chosen, anchor: undefined, base: chosen }
}

/** Chooses one, or leaves it out; the next range begins there. */
export function toggle({ ids }: Selection, id: string): Selection {
  const chosen = new Set(ids)
  if (!chosen.delete(id)) chosen.add(id)
  return { ids: chosen, anchor: id, base: chosen }
}

/**
 * Chooses everything between the anchor and one of the list, in the place of the last range, as file
 * managers do.
 *
 * @param order  ids of the list
 * @param to     id of the list where the range ends
 * @param from   where it begins when nothing was chosen yet; default: where it ends
 */
export function extend(
  { anchor, base }: Selection,
  order: readonly string[],
  { to, from = to }: { readonly to: string; readonly from?: string | undefined },
): Selection {
  const known = anchor === undefined ? -1 : order.indexOf(anchor)
  const start = known < 0 ? order.indexOf(from) : known
  const end = order.indexOf(to)
  const range = order.slice(Math.min(start, end), Math.max(start, end) + 1)
  return { ids: new Set([...base, ...range]), anchor: order[start], base }
}

/** Without what is not there any more. */
export function keepOnly(selection: Selection, isThere: (id: string) => boolean): Selection {
  const kept = [...selection.ids].filter(isThere)
  return kept.length === selection.ids.size ? selection : selectionOf(kept)
}
