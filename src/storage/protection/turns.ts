import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import { type TemplateSecrets, templateSecretMissing } from './template-secrets.ts'

/** How the embeddings of a protected collection are turned; see [Note: Protected templates]. */
export interface Turn {
  /** @param dimension  of one embedding, where there are several; default: all values are one */
  toStored(modelId: string, vectors: Float32Array, dimension?: number): Float32Array
  /** The other way, to float32 precision. */
  toPlain(modelId: string, vectors: Float32Array, dimension?: number): Float32Array
}

/** Finds out which collections are protected, and how. */
export interface Turns {
  /** Keeps in mind whether the collection is protected, which never changes. */
  note(collection: Collection): Collection
  /** Reads it again next time. */
  forget(collectionId: string): void
  /** @returns `undefined` where it is not protected @throws {FaceError} `templateSecretMissing` */
  known(collection: Collection): Turn | undefined
  /** The same of a collection by its id. */
  find(collectionId: string): Promise<Turn | undefined>
  /** The model that answers now. @throws {FaceError} `collectionNotFound` */
  modelOf(collectionId: string): Promise<string>
}

/** Collections that are kept in mind. */
const maxNoted = 10_000

/** @param load  reads a collection by its id */
export function createTurns(
  secrets: TemplateSecrets | undefined,
  load: (collectionId: string) => Promise<Collection | undefined>,
): Turns {
  /** By the ids of collections; `undefined` is one that is not protected. */
  const secretIds = new Map<string, string | undefined>()

  function createTurn(collectionId: string, secretId: string): Turn {
    if (secrets === undefined || !secrets.has(secretId)) throw templateSecretMissing(secretId)
    const rotation = (modelId: string, dimension: number) =>
      secrets.rotation({ secretId, collectionId, modelId, dimension })
    return {
      toStored: (modelId, vectors, dimension = vectors.length) =>
        vectors.length === 0 ? vectors : rotation(modelId, dimension).rotate(vectors),
      toPlain: (modelId, vectors, dimension = vectors.length) =>
        vectors.length === 0 ? vectors : rotation(modelId, dimension).rotateBack(vectors),
    }
  }

  function toTurn(collectionId: string, secretId: string | undefined): Turn | undefined {
    return secretId === undefined ? undefined : createTurn(collectionId, secretId)
  }

  const turns: Turns = {
    note(collection) {
      if (secretIds.size >= maxNoted) secretIds.clear()
      secretIds.set(collection.id, collection.templateSecretId)
      return collection
    },

    forget: (collectionId) => void secretIds.delete(collectionId),

    known: ({ id, templateSecretId }) => toTurn(id, templateSecretId),

    async find(collectionId) {
      if (!secretIds.has(collectionId)) {
        const collection = await load(collectionId)
        // One that is not there may still come.
        if (collection === undefined) return undefined
        turns.note(collection)
      }
      return toTurn(collectionId, secretIds.get(collectionId))
    },

    async modelOf(collectionId) {
      const collection = await load(collectionId)
      if (collection === undefined) throw new FaceError('collectionNotFound')
      return collection.modelId
    },
  }
  return turns
}
