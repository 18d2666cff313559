import { statedFmr } from '../../core/fmr.ts'
import { findCurve, type RecognitionDependencies } from '../dependencies.ts'
import type { StrangerSuggestion, Strangers } from './strangers-api.ts'

const maxSuggestions = 3
/** What more than one stranger in ten would have says nothing. */
const maxRate = 0.1

/**
 * Creates the use case that names enrolled persons whom a stranger resembles. The rate is that of the
 * whole search: every kept face of the stranger is compared with every face of the collection.
 */
export function createSuggestions({
  gallery,
  models,
}: Pick<RecognitionDependencies, 'gallery' | 'models'>): Strangers['suggestions'] {
  return async (name, strangerId) => {
    const collection = await gallery.collections.get(name)
    const { id, modelId, status } = await gallery.strangers.get(collection.id, strangerId)
    const curve = findCurve(models, collection.modelId)
    if (curve === undefined || modelId !== collection.modelId || status === 'assigned') return []
    const chosen = { since: 0, ids: [id], limit: 1 }
    const [record] = await gallery.strangers.records(collection, chosen)
    if (record === undefined) return []
    const { members } = record
    const probes = new Float32Array(members.length * collection.dimension)
    for (const [row, { embedding }] of members.entries()) {
      probes.set(embedding, row * collection.dimension)
    }
    const results = await gallery.search(collection, probes, { persons: maxSuggestions })
    const best = new Map<string, StrangerSuggestion>()
    for (const { persons, gallerySize } of results) {
      for (const { personId, name: personName, faceId, similarity } of persons) {
        if ((best.get(personId)?.similarity ?? -1) >= similarity) continue
        const { value, extrapolated } = statedFmr(curve, similarity)
        const rate = Math.min(1, value * members.length * gallerySize)
        best.set(personId, {
          ...{ personId, personName, faceId, similarity, rate },
          rateExtrapolated: extrapolated,
        })
      }
    }
    return [...best.values()]
      .filter(({ rate }) => rate <= maxRate)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, maxSuggestions)
  }
}
