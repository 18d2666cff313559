import type { Attachment } from '../table/table.ts'
import type { AuditCounts } from './audit.ts'
import { type Learned, leastReserve } from './learning.ts'

/** Version of the result of learning; a snapshot of another version is not used, and learning is repeated. */
const projectionVersion = 2

/** A projection and its place in the gallery's life. */
export interface LearnedState {
  readonly learned: Learned
  /** Faces of the gallery when it was learned. */
  readonly faces: number
  /**
   * Factor by which searches look at more rows than was learned, see [Note: Audit] in audit.ts; 1
   * without need.
   */
  readonly widened: number
  /** Counts of the audit of its searches. */
  readonly audit: AuditCounts
  /** Vectors written since it was learned. */
  readonly written: number
  /** ISO 8601. */
  readonly at: string
}

/** The parts of a projection that a snapshot keeps. */
export function toAttachment({ learned, ...rest }: LearnedState): Attachment {
  const { axes, width, ...facts } = learned
  return {
    facts: { version: projectionVersion, width, ...facts, ...rest },
    bytes: new Uint8Array(axes.buffer, axes.byteOffset, axes.byteLength),
    codeBytes: width,
  }
}

/** @throws {Error} when it is not what {@link toAttachment} gave for this dimension */
export function toLearnedState(
  { facts, bytes, codeBytes }: Attachment,
  dimension: number,
): LearnedState {
  const { version, width, head, scale, candidates, shortlist, agreement, faces, written, at } =
    facts
  // Absent in snapshots of earlier versions.
  const widened = facts.widened ?? 1
  const reserve = facts.reserve ?? leastReserve
  const audit = readCounts(facts.audit)
  const isSound =
    version === projectionVersion &&
    isPositive(width) &&
    width % 16 === 0 &&
    width === codeBytes &&
    isPositive(head) &&
    head % 16 === 0 &&
    head <= width &&
    bytes.length === Math.min(width, dimension) * dimension * 4 &&
    isPositive(scale) &&
    isPositive(candidates) &&
    isPositive(shortlist) &&
    isPositive(agreement) &&
    isPositive(faces) &&
    isPositive(widened) &&
    isPositive(reserve) &&
    typeof written === 'number' &&
    typeof at === 'string'
  if (!isSound) throw new Error('Not a projection of this version and dimension.')
  const axes = new Float32Array(bytes.slice().buffer)
  const learned = { width, head, axes, scale, candidates, shortlist, agreement, reserve }
  return { learned, faces, widened, audit, written, at }
}

/** Counts that make no sense are forgotten: they are measured again. */
function readCounts(value: unknown): AuditCounts {
  const { tried, missed } = (value ?? {}) as Partial<AuditCounts>
  return isPositive(tried) && typeof missed === 'number' && missed >= 0 && missed <= tried
    ? { tried, missed }
    : { tried: 0, missed: 0 }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY
}
