import type { CollectionPatch, NewCollection } from '../ports/collections.ts'

/** The collection with its changes; gates that are none are left out. */
export function patchCollection<C extends NewCollection>(was: C, patch: CollectionPatch): C {
  const { qualityGates, ...rest } = { ...was, ...patch }
  const hasGates = qualityGates !== undefined && Object.keys(qualityGates).length > 0
  return (hasGates ? { ...rest, qualityGates } : rest) as C
}
