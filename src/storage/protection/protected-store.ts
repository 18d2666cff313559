import { setImmediate } from 'node:timers/promises'
import type { EmbeddingBatch } from '../../core/types.ts'
import type { Aggregates, Database } from '../database.ts'
import { findCollectionById } from '../iterate.ts'
import type { Collection, CollectionStore, EmbeddingSet } from '../ports/collections.ts'
import type { FaceStore, ModelEmbedding, NewFace } from '../ports/faces.ts'
import type { ChangeFeed } from '../ports/feed.ts'
import type { SecondModelStore } from '../ports/second-models.ts'
import type { SaidOf, StatementStore } from '../ports/statements.ts'
import type { StrangerStore } from '../ports/strangers.ts'
import type { MovedStatement, TransferStore } from '../ports/transfer.ts'
import type { TemplateSecrets } from './template-secrets.ts'
import { createTurns, type Turn, type Turns } from './turns.ts'

// [Note: Protected templates]
// In a protected collection every embedding is rotated before it is stored and rotated back when it is
// read, by a rotation that a secret of the deployment, the collection and the model tell together; see
// [Note: Rotated embeddings] in core/rotation.ts. Similarities stay as they are, so the database and
// the indexes work as ever, with rotated embeddings. Indexes are filled with what is stored, and
// probes are rotated before they are searched for.

/** A database whose protected collections have rotated embeddings. */
export interface ProtectedDatabase extends Database {
  /** The same with the embeddings as they are stored, of which indexes are made. */
  readonly stored: Database
  /** Those of one model, as they would be stored. @param vectors  n x dimension, row-major */
  toStored(collection: Collection, vectors: Float32Array): Float32Array
}

/**
 * Protects the collections that are made from now on, where there is a secret; see [Note: Protected
 * templates]. Every method with an embedding may throw `templateSecretMissing`.
 */
export function createProtectedStore(
  stored: Database,
  secrets: TemplateSecrets | undefined,
): ProtectedDatabase {
  const turns = createTurns(secrets, (id) => findCollectionById(stored, id))
  const wrap = (ports: Aggregates): Aggregates => ({
    ...ports,
    collections: wrapCollections(ports.collections, turns, secrets?.newestId),
    faces: wrapFaces(ports.faces, turns),
    statements: wrapStatements(ports.statements, turns),
    secondModels: wrapSecondModels(ports.secondModels, turns),
    feed: wrapFeed(ports.feed, turns),
    strangers: wrapStrangers(ports.strangers, turns),
    transfer: wrapTransfer(ports.transfer, turns, secrets?.newestId),
  })
  return {
    ...stored,
    ...wrap(stored),
    stored,
    as: (context) => wrap(stored.as(context)),
    toStored(collection, vectors) {
      const { modelId, dimension } = collection
      return turns.known(collection)?.toStored(modelId, vectors, dimension) ?? vectors
    },
  }
}

function wrapCollections(
  store: CollectionStore,
  turns: Turns,
  templateSecretId: string | undefined,
): CollectionStore {
  return {
    ...store,
    create: async (input) => turns.note(await store.create(withSecret(input, templateSecretId))),
    get: async (name) => turns.note(await store.get(name)),
    async list(options) {
      const page = await store.list(options)
      for (const collection of page.items) turns.note(collection)
      return page
    },
  }
}

/** A new collection is protected by the secret of this deployment, whatever protected it elsewhere. */
function withSecret<C extends { readonly templateSecretId?: string }>(
  { templateSecretId: _, ...collection }: C,
  own: string | undefined,
): C {
  return { ...collection, ...(own === undefined ? {} : { templateSecretId: own }) } as C
}

function wrapFaces(store: FaceStore, turns: Turns): FaceStore {
  return {
    ...store,
    async add(collectionId, person, faces) {
      const turn = await turns.find(collectionId)
      return store.add(
        collectionId,
        person,
        turn ? faces.map((face) => toStoredFace(face, turn)) : faces,
      )
    },
    async getEmbeddings(set, of) {
      const turn = await turns.find(set.id)
      return toPlainBatch(await store.getEmbeddings(set, of), set, turn)
    },
    async lookUpNearest(set, lists) {
      const turn = await turns.find(set.id)
      const found = await store.lookUpNearest(set, lists)
      if (!turn) return found
      const toPlain = (vector: Float32Array) => turn.toPlain(set.modelId, vector)
      return {
        ...found,
        persons: found.persons.map(({ mean, ...person }) =>
          mean === undefined ? person : { ...person, mean: toPlain(mean) },
        ),
        nearest: await toPlainBatch(found.nearest, set, turn),
        statements: found.statements.map((one) => ({ ...one, embedding: toPlain(one.embedding) })),
      }
    },
  }
}

function toStoredFace({ second, ...face }: NewFace, turn: Turn): NewFace {
  const stored = toStoredEmbedding(face, turn)
  return second === undefined ? stored : { ...stored, second: toStoredEmbedding(second, turn) }
}

function toStoredEmbedding<E extends ModelEmbedding>(one: E, turn: Turn): E {
  return { ...one, embedding: turn.toStored(one.modelId, one.embedding) }
}

/** A part at a time, as a batch of a whole gallery takes long and other calls wait. */
async function toPlainBatch(
  batch: EmbeddingBatch,
  { modelId }: EmbeddingSet,
  turn: Turn | undefined,
): Promise<EmbeddingBatch> {
  const { faceIds, embeddings } = batch
  if (turn === undefined || faceIds.length === 0) return batch
  const dimension = embeddings.length / faceIds.length
  const plain = new Float32Array(embeddings.length)
  const step = rowsAtOnce * dimension
  for (let start = 0; start < embeddings.length; start += step) {
    if (start > 0) await setImmediate()
    plain.set(turn.toPlain(modelId, embeddings.subarray(start, start + step), dimension), start)
  }
  return { faceIds, embeddings: plain }
}

/** Rows of 512 values take about 0.4 ms each. */
const rowsAtOnce = 10

function wrapStatements(store: StatementStore, turns: Turns): StatementStore {
  return {
    ...store,
    async add(collectionId, personId, statement) {
      const turn = await turns.find(collectionId)
      const { of } = statement
      if (!turn || 'faceId' in of) return store.add(collectionId, personId, statement)
      const stored: SaidOf = toStoredEmbedding(of, turn)
      return store.add(collectionId, personId, { ...statement, of: stored })
    },
    async embeddings(set, personId) {
      const turn = await turns.find(set.id)
      const found = await store.embeddings(set, personId)
      if (!turn) return found
      return found.map((one) => ({ ...one, embedding: turn.toPlain(set.modelId, one.embedding) }))
    },
  }
}

function wrapSecondModels(store: SecondModelStore, turns: Turns): SecondModelStore {
  return {
    ...store,
    async fill(set, embeddings) {
      const turn = await turns.find(set.id)
      if (!turn) return store.fill(set, embeddings)
      const { modelId } = set
      return store.fill(
        set,
        embeddings.map((one) => ({ ...one, embedding: turn.toStored(modelId, one.embedding) })),
      )
    },
  }
}

function wrapFeed(store: ChangeFeed, turns: Turns): ChangeFeed {
  return {
    ...store,
    async changes(after, limit) {
      const changes = await store.changes(after, limit)
      return Promise.all(
        changes.map(async (change) => {
          const { collectionId, modelId, embedding } = change
          if (modelId === undefined || embedding === undefined) return change
          const turn = await turns.find(collectionId)
          return turn ? { ...change, embedding: turn.toPlain(modelId, embedding) } : change
        }),
      )
    },
    async embeddings(set, options) {
      const turn = await turns.find(set.id)
      return toPlainBatch(await store.embeddings(set, options), set, turn)
    },
  }
}

function wrapStrangers(store: StrangerStore, turns: Turns): StrangerStore {
  return {
    ...store,
    async record(collectionId, sightings) {
      const turn = await turns.find(collectionId)
      if (!turn) return store.record(collectionId, sightings)
      return store.record(
        collectionId,
        sightings.map((one) => toStoredEmbedding(one, turn)),
      )
    },
    async waiting(set, limit) {
      const turn = await turns.find(set.id)
      return toPlainEach(await store.waiting(set, limit), turn)
    },
    async records(set, options) {
      const turn = await turns.find(set.id)
      const records = await store.records(set, options)
      if (!turn) return records
      const toPlain = (vector: Float32Array) => turn.toPlain(set.modelId, vector)
      return records.map(({ sum, members, ...record }) => ({
        ...record,
        sum: toPlain(sum),
        members: members.map((one) => ({ ...one, embedding: toPlain(one.embedding) })),
      }))
    },
    async place(lease, placement) {
      const { set, strangers } = placement
      const turn = await turns.find(set.id)
      if (!turn) return store.place(lease, placement)
      return store.place(lease, {
        ...placement,
        strangers: strangers.map((one) => ({ ...one, sum: turn.toStored(set.modelId, one.sum) })),
      })
    },
    async embedded(collectionId, ids) {
      const turn = await turns.find(collectionId)
      return toPlainEach(await store.embedded(collectionId, ids), turn)
    },
    async scan(set, options) {
      const turn = await turns.find(set.id)
      const found = await store.scan(set, options)
      if (!turn) return found
      return found.map((one) => ({ ...one, embedding: turn.toPlain(set.modelId, one.embedding) }))
    },
  }
}

function toPlainEach<E extends ModelEmbedding>(
  list: readonly E[],
  turn: Turn | undefined,
): readonly E[] {
  if (!turn) return list
  return list.map((one) => ({ ...one, embedding: turn.toPlain(one.modelId, one.embedding) }))
}

function wrapTransfer(
  store: TransferStore,
  turns: Turns,
  templateSecretId: string | undefined,
): TransferStore {
  return {
    ...store,
    async readFaces(collectionId, options) {
      const turn = await turns.find(collectionId)
      const faces = await store.readFaces(collectionId, options)
      if (!turn) return faces
      return faces.map(({ embedding, ...face }) =>
        embedding === undefined
          ? face
          : { ...face, embedding: turn.toPlain(face.modelId, embedding) },
      )
    },
    async restoreCollection(collection) {
      await store.restoreCollection(withSecret(collection, templateSecretId))
      // One of this id may have been there before, and protected in another way.
      turns.forget(collection.id)
    },
    async restoreFaces(collectionId, faces) {
      const turn = await turns.find(collectionId)
      if (!turn) return store.restoreFaces(collectionId, faces)
      return store.restoreFaces(
        collectionId,
        faces.map(({ embedding, ...face }) =>
          embedding === undefined
            ? face
            : { ...face, embedding: turn.toStored(face.modelId, embedding) },
        ),
      )
    },
    async readStatements(collectionId, options) {
      const turn = await turns.find(collectionId)
      if (!turn) return store.readStatements(collectionId, options)
      for (;;) {
        const modelId = await turns.modelOf(collectionId)
        const statements = await store.readStatements(collectionId, options)
        // Which model made them is not told: it is the one that answers, before and after.
        if ((await turns.modelOf(collectionId)) !== modelId) continue
        return turnStatements(statements, (vector) => turn.toPlain(modelId, vector))
      }
    },
    async restoreStatements(collectionId, statements) {
      const turn = await turns.find(collectionId)
      if (!turn) return store.restoreStatements(collectionId, statements)
      const modelId = await turns.modelOf(collectionId)
      const turned = turnStatements(statements, (vector) => turn.toStored(modelId, vector))
      return store.restoreStatements(collectionId, turned)
    },
  }
}

function turnStatements(
  statements: readonly MovedStatement[],
  turn: (embedding: Float32Array) => Float32Array,
): readonly MovedStatement[] {
  return statements.map((statement) => {
    const { of } = statement
    if ('faceId' in of || of.embedding === undefined) return statement
    return { ...statement, of: { ...of, embedding: turn(of.embedding) } }
  })
}
