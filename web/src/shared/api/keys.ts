/**
 * The first part of the key of everything that is asked about a collection: a change makes all of
 * it stale with one call.
 */
export function collectionKey(collection: string): readonly [string, string] {
  return ['collection', collection]
}

/** The key of the names of all collections. */
export const collectionNamesKey = ['collections'] as const
