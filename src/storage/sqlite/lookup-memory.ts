import type { EmbeddingBatch } from '../../core/types.ts'
import type { Collection, EmbeddingSet } from '../ports/collections.ts'
import type { FaceOwner } from '../ports/faces.ts'
import type { StatementEmbedding } from '../ports/statements.ts'
import type { Connection } from './libsql.ts'
import { readNumber } from './rows.ts'

/** What look-ups have read of one model of a collection. */
export interface Remembered {
  /** How the collection is, and how many faces it has; absent until it was read. */
  collection?: {
    readonly settings: Collection | undefined
    readonly faces: number
    readonly rejections: number
  }
  /** By face id. */
  readonly owners: Map<string, FaceOwner>
  /** Faces of persons that were read for their mean, by person id. */
  readonly faces: Map<string, EmbeddingBatch>
  /** What was said of persons, by person id; read only where the collection has rejections. */
  readonly statements: Map<string, readonly StatementEmbedding[]>
}

/**
 * What look-ups have read since anybody wrote to the database. Who passes a camera, passes it again in
 * the next picture, and between two enrolments a gallery answers thousands of searches: reading the
 * same rows again takes half of a look-up.
 *
 * [Note: Remembered rows]
 * SQLite tells with `PRAGMA data_version` whether another connection has committed, at the price of a
 * read of the log's index; what this one writes, {@link LookupMemory.forget} is called for. Rows that
 * were read while another connection committed are forgotten with the next look-up, which sees the
 * new version.
 */
export interface LookupMemory {
  /** What is known of the set; to be asked for at the beginning of each look-up. */
  recall(set: EmbeddingSet): Remembered
  /** Bounds what is remembered: counts bytes that were added. */
  note(bytes: number): void
  /** To be called when this connection has written. */
  forget(): void
}

/** People of a camera, or of a small gallery. */
const maxBytes = 8 * 2 ** 20

/** Creates an empty memory of one connection. */
export function createLookupMemory(db: Pick<Connection, 'get'>): LookupMemory {
  const sets = new Map<string, Remembered>()
  let version = Number.NaN
  let bytes = 0

  function forget(): void {
    sets.clear()
    bytes = 0
  }

  return {
    forget,
    recall({ id, modelId }) {
      const now = readNumber(db.get('PRAGMA data_version'), 'data_version')
      if (now !== version || bytes > maxBytes) forget()
      version = now
      const key = `${id} ${modelId}`
      const known = sets.get(key) ?? { owners: new Map(), faces: new Map(), statements: new Map() }
      sets.set(key, known)
      return known
    },
    note(added) {
      bytes += added
    },
  }
}
