import type { Binary, ObjectId, Collection as Table } from 'mongodb'
import type { FacePlace } from '../../core/types.ts'
import type { Collection } from '../ports/collections.ts'
import type { Face } from '../ports/faces.ts'
import type { Change } from '../ports/feed.ts'
import type { HistoryEntry } from '../ports/history.ts'
import type { Job } from '../ports/jobs.ts'
import type { ApiKey } from '../ports/keys.ts'
import type { Session } from '../ports/sessions.ts'
import type { Statement } from '../ports/statements.ts'
import type { Sighting, Stranger } from '../ports/strangers.ts'
import type { GivenStranger } from '../rules/strangers.ts'

/** The schema version that this program writes; see [Note: Migration] in migration.ts. */
export const schemaVersion = 3

export interface CollectionDocument extends Omit<Collection, 'id'> {
  readonly _id: string
  /** Written by what must not run beside a change of the models; see [Note: Models that change] in second-models.ts. */
  readonly modelWrites?: number
}

/** See [Note: Counters] in counters.ts. */
export interface CounterDocument {
  readonly _id: string
  readonly collectionId: string
  readonly persons: number
  readonly faces: number
  /** Absent until there was one. */
  readonly rejections?: number
}

/** See [Note: One person of a name] in person-by-name.ts. */
export interface NameLockDocument {
  readonly _id: string
  readonly collectionId: string
  readonly uses: number
}

export interface PersonDocument {
  readonly _id: string
  readonly collectionId: string
  readonly name: string
  readonly aliases: readonly string[]
  /** What a part of the name is looked for in. Before version 3 it was `nameFolded`. */
  readonly folded: string
  /** See [Note: Words of names] in person-words.ts. */
  readonly words: readonly string[]
  readonly sortName: string
  readonly externalId?: string
  readonly notes?: string
  /** Kept when the face goes, and told only while the face is the person's. */
  readonly coverFaceId?: string
  readonly hidden: boolean
  readonly favourite: boolean
  readonly revision: number
  /** Empty of a person never seen. */
  readonly lastSeenAt: string
  /** JSON text: keys with dots and dollars, and halves of surrogate pairs, survive. */
  readonly metadata: string
  readonly faceCount: number
  /** How often something was said of the person, or a stranger was; written so that such transactions take turns. */
  readonly statements?: number
  readonly createdAt: string
  readonly updatedAt: string
}

export interface FaceDocument extends Omit<Face, 'id' | 'modelId' | 'missingEmbedding'> {
  readonly _id: string
  readonly collectionId: string
  /** How well its crop shows the face; absent without a crop, see [Note: Cover scores] in face-score.ts. */
  readonly coverScore?: number
  /** How often it got an embedding later, or something was said of it; see [Note: Models that change] in second-models.ts. */
  readonly fills?: number
}

/** What a model made of a face. */
export interface EmbeddingDocument {
  /** The face and the model; see toEmbeddingId in documents.ts. */
  readonly _id: string
  readonly collectionId: string
  readonly faceId: string
  readonly modelId: string
  /** Little-endian float32, norm 1. */
  readonly embedding: Binary
}

/** What was said of a face and a person. */
export interface StatementDocument
  extends Pick<
    Statement,
    'kind' | 'personId' | 'faceId' | 'imageHash' | 'createdAt' | 'createdBy'
  > {
  readonly _id: string
  readonly collectionId: string
  /** Which face of which image; see toStatementSource in rules/statements.ts. */
  readonly source: string
  /** Of what is not stored as a face; little-endian float32, norm 1. */
  readonly embeddings?: readonly { readonly modelId: string; readonly embedding: Binary }[]
  /** The statement of a merged person that this is a copy of. */
  readonly copyOf?: string
}

export interface CropDocument {
  /** The id of the face, or of the sighting. */
  readonly _id: string
  readonly bytes: Binary
  readonly place?: FacePlace
}

/** See [Note: Change feed] in feed.ts. A `marker` is a place in the feed without a change. */
export interface ChangeDocument {
  readonly _id?: ObjectId
  readonly kind: Change['kind'] | 'marker'
  readonly collectionId?: string
  readonly faceId?: string
  readonly modelId?: string
  readonly at: Date
  /** That of the program that wrote it; absent in those of version 1. */
  readonly schemaVersion?: number
}

export interface IdempotencyDocument {
  /** The key. */
  readonly _id: string
  readonly requestHash: string
  readonly claimedAt: Date
  readonly response?: { readonly status: number; readonly body: string }
  /**
   * Ids of the persons and faces that the response names; see [Note: Kept answers] in
   * kept-answers.ts.
   */
  readonly subjects?: readonly string[]
}

export interface KeyDocument extends Omit<ApiKey, 'id'> {
  readonly _id: string
  readonly hash: string
}

export interface SessionDocument extends Omit<Session, 'id'> {
  readonly _id: string
  readonly hash: string
}

/** JSON as text: its keys may have dots and dollar signs. */
export interface JobDocument extends Omit<Job, 'id' | 'input' | 'result'> {
  readonly _id: string
  readonly input: string
  readonly result?: string
  readonly checkpoint?: string
  /** How often a lease ended since the last checkpoint. */
  readonly lapses: number
  /** How many rounds of items of each attempt count; see [Note: Jobs without transactions] in job-records.ts. */
  readonly rounds?: Readonly<Record<string, number>>
  readonly leaseUntil?: Date
}

export interface JobItemDocument {
  readonly _id: string
  readonly jobId: string
  /** Key of the attempt in `rounds`, and which of its rounds. */
  readonly attempt: string
  readonly round: number
  /** That of its job, to be removed with it. */
  readonly collectionId?: string
  readonly rejected: boolean
  readonly personId?: string
  /** JSON. */
  readonly body: string
}

export interface JobPartDocument {
  /** Id of the job, and number of the part. */
  readonly _id: string
  readonly jobId: string
  /** That of its job, to be removed with it. */
  readonly collectionId?: string
  readonly bytes: Binary
}

/** See [Note: Leases of strangers] in strangers.ts. */
export interface StrangerLeaseDocument {
  /** Id of the collection. */
  readonly _id: string
  readonly collectionId: string
  /** Grows with each change of the collection's strangers. */
  readonly revision: number
  readonly holder?: string
  readonly leaseUntil?: Date
}

export interface StrangerDocument extends Omit<Stranger, 'id'> {
  readonly _id: string
  readonly collectionId: string
  /** Little-endian float32. */
  readonly sum: Binary
  readonly memberIds: readonly string[]
  /** The first face that was enrolled for one that is assigned, or its person; see stranger-persons.ts. */
  readonly anchorId?: string
  /** Of strangers that have become this one. */
  readonly formerIds?: readonly string[]
  /** That of the lease when it was changed last. */
  readonly revision: number
}

export interface SightingDocument extends Omit<Sighting, 'id' | 'personId'> {
  readonly _id: string
  readonly collectionId: string
  /** It has no stranger yet. */
  readonly waiting?: true
  /** How well it shows the face. */
  readonly score: number
  /** Little-endian float32, norm 1. */
  readonly embedding: Binary
}

export interface HistoryDocument extends Omit<HistoryEntry, 'id'> {
  readonly _id: string
  readonly collectionId: string
  /** JSON, as names of fields may be anything. */
  readonly transitions: string
  /** See stranger-persons.ts. */
  readonly strangers?: readonly GivenStranger[]
}

/** See [Note: Trash] in history.ts. */
export interface TrashDocument {
  /** That of the person, face or statement. */
  readonly _id: string
  readonly collectionId: string
  /** The entry of the history that can put it back. */
  readonly entryId: string
  /** `revoked`: a statement that comes back with the entry alone. */
  readonly record: 'person' | 'face' | 'setAside' | 'statement' | 'revoked'
  /** That of a face or a statement, or of the person itself. */
  readonly personId: string
  /** Absent of a face that is set aside, which no time erases. */
  readonly removedAt?: string
  /** See [Note: Set-aside] in set-aside.ts. */
  readonly setAsideAt?: string
  readonly person?: PersonDocument
  readonly face?: FaceDocument
  readonly statement?: StatementDocument
  /** Of a face. */
  readonly embeddings?: readonly EmbeddingDocument[]
}

/** A collection or a job that was deleted, what belongs to it being removed. */
export interface PurgeDocument {
  /** Its id. */
  readonly _id: string
  /** How many batches were removed. Version 1 called it `batches`; see [Note: Migration] in migration.ts. */
  readonly rounds: number
}

export interface MetaDocument {
  readonly _id: 'database'
  /** Programs that know no such version leave the database alone. */
  readonly schemaVersion: number
  /** The version that all documents have; lower, or absent, until a migration is done. */
  readonly contentVersion?: number
  /** All faces with a crop have a score; absent until that is done. */
  readonly coverScores?: true
  /** Tells this database's cursors from another's. */
  readonly databaseId: string
  /** Resume token before the first change. */
  readonly beginning?: string
}

/** The database's collections; called tables here, as a collection is one of persons. */
export interface Tables {
  readonly meta: Table<MetaDocument>
  readonly collections: Table<CollectionDocument>
  readonly counters: Table<CounterDocument>
  readonly persons: Table<PersonDocument>
  readonly nameLocks: Table<NameLockDocument>
  readonly faces: Table<FaceDocument>
  readonly embeddings: Table<EmbeddingDocument>
  readonly statements: Table<StatementDocument>
  readonly crops: Table<CropDocument>
  readonly history: Table<HistoryDocument>
  readonly trash: Table<TrashDocument>
  readonly changes: Table<ChangeDocument>
  readonly idempotency: Table<IdempotencyDocument>
  readonly keys: Table<KeyDocument>
  readonly sessions: Table<SessionDocument>
  readonly jobs: Table<JobDocument>
  readonly jobItems: Table<JobItemDocument>
  readonly jobParts: Table<JobPartDocument>
  readonly strangerLeases: Table<StrangerLeaseDocument>
  readonly strangers: Table<StrangerDocument>
  readonly sightings: Table<SightingDocument>
  readonly sightingCrops: Table<CropDocument>
  readonly purges: Table<PurgeDocument>
}
