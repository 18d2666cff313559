import { toLogOdds } from '../../core/judge.ts'
import { dotProduct } from '../../core/similarity.ts'
import type { UndeterminedReason } from '../../core/types.ts'
import type { Damage, DamageFamily } from '../damage/damage.ts'
import type { EmbeddedFace, FoundFace } from '../stress/face-cache.ts'

/** A face that was found in a damaged photograph. */
export interface DamagedExample {
  readonly face: EmbeddedFace
  /** Name of the damage with its strength. */
  readonly damage: string
  readonly family: DamageFamily
  /** Number of the person in the draw; people are kept apart by it. */
  readonly person: number
  readonly reason: UndeterminedReason
  /** It cannot be compared: strangers damaged alike match it, or its owner's clean photograph does not. */
  readonly isBad: boolean
}

/** One kind of damage, and what was found in each person's photograph. */
export interface DamagedFaces {
  readonly damage: Damage
  readonly name: string
  /** The damaged photograph of each person. */
  readonly found: readonly FoundFace[]
  /** The clean second photograph of each person; `undefined` for people with one. */
  readonly mates: readonly (FoundFace | undefined)[]
}

/** A face that so many strangers match who are damaged in the same way is bad. */
const badShare = 0.01

/**
 * The faces of one kind of damage, labelled.
 *
 * @param threshold  similarity of the stated rate
 */
export function toExamples(
  { damage, name, found, mates }: DamagedFaces,
  threshold: number,
): readonly DamagedExample[] {
  const faces = found.flatMap(({ face }, person) => (face === undefined ? [] : [{ face, person }]))
  return faces.map(({ face, person }) => {
    const matches = faces.filter(
      (other) =>
        other.person !== person && dotProduct(face.embedding, other.face.embedding) >= threshold,
    ).length
    const mate = mates[person]?.face
    const isLost =
      !damage.showsPerson ||
      (mate !== undefined && dotProduct(face.embedding, mate.embedding) < threshold)
    return {
      ...{ face, person, damage: name, family: damage.family, reason: reasonOf(damage) },
      isBad: isLost || matches >= Math.max(1, badShare * (faces.length - 1)),
    }
  })
}

/** Features of a face other than its likeness to damage. */
export function toFeatures({ quality, rawNorms }: EmbeddedFace): readonly number[] {
  return [toLogOdds(quality.confidence), ...(rawNorms ?? [])]
}

const reasonOfFamily: Readonly<Record<DamageFamily, UndeterminedReason>> = {
  clean: 'damaged',
  blur: 'tooBlurred',
  resolution: 'tooBlurred',
  noise: 'tooNoisy',
  compression: 'damaged',
  light: 'damaged',
  colour: 'damaged',
  drawing: 'damaged',
  turn: 'rotated',
  shape: 'damaged',
  cover: 'occluded',
  cutOff: 'cutOff',
  mirror: 'damaged',
  print: 'damaged',
  notAFace: 'notAFace',
}

const reasonOfKind: Readonly<Record<string, UndeterminedReason>> = {
  small: 'tooSmall',
  dark: 'tooDark',
  night: 'tooDark',
  backlight: 'tooDark',
  over: 'tooBright',
  glare: 'tooBright',
}

function reasonOf({ kind, family }: Damage): UndeterminedReason {
  return reasonOfKind[kind] ?? reasonOfFamily[family]
}
