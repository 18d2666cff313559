import type { Collection, CollectionPatch } from '../ports/collections.ts'

/** The collection with its changes; gates that are none are left out. */
export function patchCollection(was: Collection, patch: CollectionPatch): Collection {
  const { qualityGates, ...rest } = { ...was, ...patch }
  const hasGates = qualityGates !== undefined && Object.keys(qualityGates).length > 0
  return hasGates ? { ...rest, qualityGates } : rest
}
