import type { CallContext } from '../core/actor.ts'
import type { AuditEvent, AuditSubjects } from '../core/audit/entry.ts'
import type { AuditSink } from './audit-sink.ts'
import { isEmbeddingProbe } from './embedding-input.ts'
import type {
  EmbeddingProbe,
  IdentifiedFace,
  IdentifiedProbe,
  VerifyResult,
} from './face-watcher.ts'
import { computeImageHash } from './image-hash.ts'

/** Notes what is decided for one caller. */
export interface AuditNotes {
  /**
   * The SHA-256 of what is looked up; `undefined` where nothing is written down. To be called before the
   * image is given away.
   */
  hash(input: Uint8Array | EmbeddingProbe): Promise<string | undefined>
  identified(about: Identified): void
  verified(about: Verified): void
  /** A stored picture of a face is given out. */
  cropRead(collectionId: string, subjects: AuditSubjects): void
  embeddingRead(collectionId: string, faceId: string, modelId: string): void
}

interface Identified {
  readonly collectionId: string
  readonly modelId: string
  readonly faces: readonly Pick<
    IdentifiedFace | IdentifiedProbe,
    'decision' | 'candidates' | 'thresholds'
  >[]
  readonly hash: Promise<string | undefined>
}

interface Verified {
  readonly collectionId?: string | undefined
  readonly personId?: string | undefined
  readonly result: Pick<
    VerifyResult,
    'decision' | 'similarity' | 'threshold' | 'modelId' | 'faceId'
  >
  readonly hash: Promise<string | undefined>
}

const none: Promise<undefined> = Promise.resolve(undefined)

function toBytes(input: Uint8Array | EmbeddingProbe): Uint8Array {
  if (!isEmbeddingProbe(input)) return input
  const { buffer, byteOffset, byteLength } = input.embedding
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Decisions that name somebody. */
const naming: ReadonlySet<string> = new Set(['match', 'possible'])

/** Creates the notes of a caller. */
export function createAuditNotes(log: AuditSink | undefined, context: CallContext): AuditNotes {
  const wanted = log?.decisions ?? 'off'
  const isWanted = (decision: string): boolean =>
    wanted === 'all' || (wanted === 'matches' && naming.has(decision))

  async function note(
    events: readonly AuditEvent[],
    hash: Promise<string | undefined>,
  ): Promise<void> {
    const probe = await hash
    for (const event of events) {
      log?.note({ ...event, details: { ...event.details, probe } } as AuditEvent, context)
    }
  }

  return {
    hash(input) {
      if (wanted === 'off') return none
      // What is no image is refused elsewhere.
      return computeImageHash(toBytes(input)).catch(() => undefined)
    },

    identified({ collectionId, modelId, faces, hash }) {
      const events = faces.flatMap(({ decision, candidates, thresholds }): AuditEvent[] => {
        if (!isWanted(decision)) return []
        const [best] = candidates
        return [
          {
            ...{ kind: 'identified', collectionId },
            subjects: best ? { persons: [best.personId], faces: [best.faceId] } : {},
            details: {
              ...{ decision, similarity: best?.similarity, model: modelId },
              threshold: decision === 'possible' ? thresholds.possible : thresholds.match,
            },
          },
        ]
      })
      if (events.length > 0) void note(events, hash)
    },

    cropRead(collectionId, subjects) {
      log?.tally({ kind: 'cropsRead', collectionId, subjects }, context)
    },

    embeddingRead(collectionId, faceId, model) {
      const subjects = { faces: [faceId] }
      log?.note({ kind: 'embeddingRead', collectionId, subjects, details: { model } }, context)
    },

    verified({ collectionId, personId, result, hash }) {
      const { decision, similarity, threshold, modelId: model, faceId } = result
      if (!isWanted(decision)) return
      const event: AuditEvent = {
        ...{ kind: 'verified', collectionId },
        subjects: {
          ...(personId === undefined ? {} : { persons: [personId] }),
          ...(faceId === undefined ? {} : { faces: [faceId] }),
        },
        details: { decision, similarity, threshold, model },
      }
      void note([event], hash)
    },
  }
}
