import { FaceError } from './errors.ts'
import type { QualityGatePatch, QualityGateSettings, QualityGates } from './types.ts'

/** Which limits a gate may have, and what it measures. */
export const qualityGateRanges: {
  readonly [K in keyof Required<QualityGates>]: {
    readonly minimum: number
    readonly maximum?: number
    readonly description: string
  }
} = {
  minSizePx: { minimum: 0, description: "Shorter side of the face's box, pixels." },
  minSharpness: { minimum: 0, description: 'Variance of the Laplacian of the aligned face.' },
  minBrightness: {
    minimum: 0,
    maximum: 1,
    description: 'Mean brightness of the aligned face, 0 to 1.',
  },
  maxBrightness: {
    minimum: 0,
    maximum: 1,
    description: 'Mean brightness of the aligned face, 0 to 1.',
  },
  maxYawDegrees: {
    minimum: 0,
    maximum: 180,
    description: 'How far the head may be turned left or right, degrees.',
  },
  maxPitchDegrees: {
    minimum: 0,
    maximum: 180,
    description: 'How far the head may be tilted up or down, degrees.',
  },
  minConfidence: { minimum: 0, maximum: 1, description: "The detector's confidence, 0 to 1." },
}

/** Names of all gates. */
const qualityGateNames: readonly (keyof QualityGates)[] = Object.keys(
  qualityGateRanges,
) as (keyof QualityGates)[]

/** The gates in force: of `settings` where they say something, otherwise of `defaults`. */
export function resolveQualityGates(
  defaults: QualityGates,
  settings: QualityGateSettings = {},
): QualityGates {
  const own = Object.entries(settings).filter(([, value]) => value !== undefined)
  const limits = own.map(([gate, value]) => [gate, value === 'off' ? undefined : value])
  return { ...defaults, ...Object.fromEntries(limits) }
}

/**
 * Settings after a change; what is taken back is absent.
 *
 * @throws {FaceError} `invalidOption` for an unknown gate, and for a limit out of its range
 */
export function patchQualityGates(
  settings: QualityGateSettings,
  patch: QualityGatePatch,
): QualityGateSettings {
  for (const [gate, value] of Object.entries(patch)) assertGate(gate, value)
  const merged = { ...settings, ...dropUndefined(patch) }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}

function dropUndefined(patch: QualityGatePatch): QualityGatePatch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
}

function assertGate(gate: string, value: unknown): void {
  const range = Object.hasOwn(qualityGateRanges, gate)
    ? qualityGateRanges[gate as keyof QualityGates]
    : undefined
  if (range === undefined) {
    throw new FaceError('invalidOption', {
      detail: `${JSON.stringify(gate.slice(0, 50))} is not one of the quality gates ${qualityGateNames.join(', ')}.`,
      info: { known: qualityGateNames },
    })
  }
  if (value === undefined || value === null || value === 'off') return
  const { minimum, maximum = Number.MAX_VALUE } = range
  if (typeof value === 'number' && value >= minimum && value <= maximum) return
  const limits = range.maximum === undefined ? '' : ` to ${maximum}`
  throw new FaceError('invalidOption', {
    detail: `${gate} must be a number from ${minimum}${limits}, or "off".`,
  })
}
