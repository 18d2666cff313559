import { type ErrorCode, FaceError } from '../core/errors.ts'
import { adviseOn } from '../core/reason-sentences.ts'
import type { Quality, QualityGates, RejectionReason, UndeterminedReason } from '../core/types.ts'

/** Why one image of an enrolment was not taken. */
export interface Rejection {
  readonly reasons: readonly RejectionReason[]
  /** A plain sentence. */
  readonly message: string
}

/**
 * The rejection that an error of one image means, or `undefined` for an error that concerns the
 * whole request: a missing model, an overload, an abort.
 */
export function toRejection(error: unknown): Rejection | undefined {
  if (!(error instanceof FaceError)) return undefined
  const reason = reasonOfError[error.code]
  return reason === undefined ? undefined : { reasons: [reason], message: error.message }
}

const reasonOfError: Partial<Record<ErrorCode, RejectionReason>> = {
  unsupportedImage: 'unsupportedImage',
  corruptImage: 'corruptImage',
  imageTooLarge: 'imageTooLarge',
  emptyImage: 'emptyImage',
  noFace: 'noFace',
  multipleFaces: 'multipleFaces',
  degenerateLandmarks: 'noFace',
  workerFailed: 'fault',
}

/**
 * The rejection of a face that fails quality gates or that cannot be compared. The message names
 * each measured value and its limit, and for what cannot be compared what helps.
 *
 * @returns `undefined` when there is nothing to reject
 */
export function toQualityRejection(
  failed: {
    readonly gates: readonly RejectionReason[]
    readonly incomparable: readonly UndeterminedReason[]
  },
  quality: Quality,
  gates: QualityGates,
): Rejection | undefined {
  // What a gate says with numbers need not be said again.
  const others = failed.incomparable.filter(
    (reason) => !failed.gates.includes(toRejectionReason(reason)),
  )
  const reasons = [...failed.gates, ...others.map(toRejectionReason)]
  if (reasons.length === 0) return undefined
  const sentences = failed.gates.map((reason) => explainGate(reason, quality, gates))
  return { reasons, message: [...sentences, ...others.map(adviseOn)].join(' ') }
}

function toRejectionReason(reason: UndeterminedReason): RejectionReason {
  return reason === 'tooSmall' ? 'faceTooSmall' : reason
}

function explainGate(reason: RejectionReason, quality: Quality, gates: QualityGates): string {
  switch (reason) {
    case 'faceTooSmall':
      return `The face is ${Math.round(quality.sizePx)} px wide or high; at least ${gates.minSizePx} px are needed.`
    case 'tooBlurred':
      return `The face is blurred: sharpness ${quality.sharpness.toFixed(0)}, at least ${gates.minSharpness} is needed.`
    case 'tooDark':
      return `The face is too dark: brightness ${quality.brightness.toFixed(2)}, at least ${gates.minBrightness} is needed.`
    case 'tooBright':
      return `The face is too bright: brightness ${quality.brightness.toFixed(2)}, at most ${gates.maxBrightness} is allowed.`
    case 'extremePose':
      return `The head is turned away: yaw ${degrees(quality.pose.yaw)}, pitch ${degrees(quality.pose.pitch)}; at most ${gates.maxYawDegrees ?? 180} and ${gates.maxPitchDegrees ?? 180} degrees are allowed.`
    case 'lowConfidence':
      return `The detector is not sure of the face: confidence ${quality.confidence.toFixed(2)}, at least ${gates.minConfidence} is needed.`
    default:
      return `The face was rejected: ${reason}.`
  }
}

function degrees(value: number): string {
  return value.toFixed(0)
}
