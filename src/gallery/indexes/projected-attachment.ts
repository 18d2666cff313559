import type { Attachment } from '../vectors/table.ts'
import type { Learned } from './projected-learning.ts'

/** Version of what learning finds; another one is not used, and learned anew. */
const projectionVersion = 2

/** A projection and its place in the gallery's life. */
export interface LearnedState {
  readonly learned: Learned
  /** Faces of the gallery when it was learned. */
  readonly faces: number
  /** Vectors written since. */
  readonly written: number
  /** ISO 8601. */
  readonly at: string
}

/** What a snapshot keeps of a projection. */
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
    typeof written === 'number' &&
    typeof at === 'string'
  if (!isSound) throw new Error('Not a projection of this version and dimension.')
  const axes = new Float32Array(bytes.slice().buffer)
  const learned = { width, head, axes, scale, candidates, shortlist, agreement }
  return { learned, faces, written, at }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY
}
