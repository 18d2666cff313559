import type { CollectionPatch, NewCollection } from '../ports/collections.ts'

/** The collection with its changes; what is none is left out. */
export function patchCollection<C extends NewCollection>(was: C, patch: CollectionPatch): C {
  const { qualityGates, keepUnknown, consent, retention, ...rest } = { ...was, ...patch }
  const hasGates = qualityGates !== undefined && Object.keys(qualityGates).length > 0
  return {
    ...rest,
    ...(hasGates ? { qualityGates } : {}),
    ...(keepUnknown ? { keepUnknown } : {}),
    ...(consent ? { consent } : {}),
    ...(retention ? { retention } : {}),
  } as C
}
