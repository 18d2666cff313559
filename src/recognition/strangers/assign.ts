import { FaceError } from '../../core/errors.ts'
import { dotProduct } from '../../core/similarity.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { NewFace } from '../../storage/ports/faces.ts'
import type { EmbeddedSighting, Stranger } from '../../storage/ports/strangers.ts'
import { scoreFace } from '../../storage/rules/face-score.ts'
import type { RecognitionDependencies } from '../dependencies.ts'
import { computeImageHash } from '../image-hash.ts'
import { assertNewPerson } from '../person-by-name.ts'
import type { AssignOptions, Strangers } from './strangers-api.ts'

const defaultMaxFaces = 5
const mostFaces = 20
/** The latest sightings among which the best are looked for. */
const consideredSightings = 1000
/** Of these, the best ones, those that differ are taken. */
const comparedSightings = 50
/** Two frames of one moment are as alike; a second one would tell no search anything new. */
const sameMoment = 0.97

/** Creates the use case that makes a stranger a person. */
export function createAssign({
  gallery,
}: Pick<RecognitionDependencies, 'gallery'>): Strangers['assign'] {
  const { strangers } = gallery

  async function chosenSightings(
    collection: Collection,
    { id, modelId }: Stranger,
    { sightingIds, maxFaces = defaultMaxFaces }: AssignOptions,
  ): Promise<readonly EmbeddedSighting[]> {
    if (modelId !== collection.modelId) {
      throw new FaceError('modelMismatch', {
        detail: `The stranger was seen with ${modelId}; the collection answers with ${collection.modelId}.`,
        info: { expected: collection.modelId, actual: modelId },
      })
    }
    const ids = sightingIds ?? (await findBest(collection.id, { id, maxFaces }))
    const found = await strangers.embedded(collection.id, ids)
    const order = new Map(ids.map((sightingId, i) => [sightingId, i]))
    const own = found
      .filter(({ strangerId }) => strangerId === id)
      .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
    if (sightingIds !== undefined && own.length < new Set(sightingIds).size) {
      throw new FaceError('sightingNotFound', { detail: 'Not all of them are of this stranger.' })
    }
    return own
  }

  async function findBest(
    collectionId: string,
    { id, maxFaces }: { readonly id: string; readonly maxFaces: number },
  ): Promise<readonly string[]> {
    if (maxFaces === 0) return []
    const page = { strangerId: id, limit: consideredSightings }
    const { items } = await strangers.sightings(collectionId, page)
    const best = [...items]
      .sort((a, b) => scoreFace(b.quality) - scoreFace(a.quality))
      .slice(0, comparedSightings)
      .map((sighting) => sighting.id)
    const embedded = await strangers.embedded(collectionId, best)
    const embeddings = new Map(embedded.map((sighting) => [sighting.id, sighting.embedding]))
    const chosen: { readonly id: string; readonly embedding: Float32Array }[] = []
    for (const sightingId of best) {
      const embedding = embeddings.get(sightingId)
      if (embedding === undefined || chosen.length === maxFaces) continue
      if (chosen.some((other) => dotProduct(other.embedding, embedding) > sameMoment)) continue
      chosen.push({ id: sightingId, embedding })
    }
    return chosen.map((sighting) => sighting.id)
  }

  async function toNewFace(collection: Collection, sighting: EmbeddedSighting): Promise<NewFace> {
    const { quality, box, landmarks, embedding, modelId, id, hasCrop } = sighting
    const crop =
      hasCrop && collection.storeCrops ? await strangers.getCrop(collection.id, id) : undefined
    // Of the photograph there is nothing any more that could be hashed.
    const imageHash = await computeImageHash(new Uint8Array(embedding.slice().buffer))
    return {
      ...{ embedding, modelId, imageHash },
      ...(quality && box && landmarks ? { quality, box, landmarks } : {}),
      ...(crop === undefined ? {} : { crop }),
    }
  }

  return async (name, strangerId, person, options = {}) => {
    assertOptions(options)
    if (typeof person !== 'string') assertNewPerson(person)
    const collection = await gallery.collections.get(name)
    const stranger = await strangers.get(collection.id, strangerId)
    if (stranger.status === 'assigned') {
      throw new FaceError('strangerConflict', {
        detail: `It is the person ${stranger.personId} already.`,
        info: { personId: stranger.personId },
      })
    }
    const sightings = await chosenSightings(collection, stranger, options)
    const given = await Promise.all(sightings.map((sighting) => toNewFace(collection, sighting)))
    const added = await gallery.faces.add(collection.id, person, given)
    const { id } = added.person
    return {
      stranger: await strangers.assign(collection.id, stranger.id, {
        personId: id,
        anchorId: added.faces[0]?.id ?? id,
      }),
      person: added.person,
      newPerson: added.newPerson,
      faces: added.faces.map(({ alreadyEnrolled: _, ...face }) => face),
      ...(added.entryId === undefined ? {} : { entryId: added.entryId }),
    }
  }
}

/** @throws {FaceError} `invalidOption` */
function assertOptions({ sightingIds, maxFaces = defaultMaxFaces }: AssignOptions): void {
  if (!Number.isInteger(maxFaces) || maxFaces < 0 || maxFaces > mostFaces) {
    throw new FaceError('invalidOption', {
      detail: `maxFaces must be a whole number from 0 to ${mostFaces}.`,
    })
  }
  if (sightingIds !== undefined && sightingIds.length > mostFaces) {
    throw new FaceError('invalidOption', {
      detail: `At most ${mostFaces} sightings are enrolled at once.`,
    })
  }
}
