import { createRandom } from '../../platform/random.ts'
import type { RgbImage } from '../../vision/pipeline/image.ts'
import type { ApplyDamage, DamagedPicture, FacePlace } from './picture.ts'

/** Raised when a damage gives other pixels than before: kept results of older pixels are void. */
export const damageRevision = 1

/** Kinds of one family have one cause: a judge that is trained without a kind is trained without its family. */
export type DamageFamily =
  | 'clean'
  | 'blur'
  | 'resolution'
  | 'noise'
  | 'compression'
  | 'light'
  | 'colour'
  | 'drawing'
  | 'turn'
  | 'shape'
  | 'cover'
  | 'cutOff'
  | 'mirror'
  | 'print'
  | 'notAFace'

/** One kind of damage at one strength. */
export interface Damage {
  readonly kind: string
  /** Unit and direction are the kind's own: 0.3 is worse than 0.5 for contrast, not for `cutTop`. */
  readonly strength: number
  readonly family: DamageFamily
  /** The whole picture lies on its side or head. */
  readonly isTurn: boolean
  /** False for pictures made without a person. */
  readonly showsPerson: boolean
  readonly apply: ApplyDamage
}

/** `kind strength`, the name of a damage in results and on the command line. */
export function damageName({ kind, strength }: Pick<Damage, 'kind' | 'strength'>): string {
  return `${kind} ${strength}`
}

/**
 * Damages a photograph, the same pixels every time.
 *
 * @param subject  names the photograph; with `seed` and the damage's name it seeds what is random
 */
export function damagePicture(
  damage: Damage,
  photograph: { readonly image: RgbImage; readonly face: FacePlace; readonly subject: string },
  seed: number,
): DamagedPicture {
  const random = createRandom(hashText(`${seed} ${damageName(damage)} ${photograph.subject}`))
  return damage.apply(photograph.image, photograph.face, random)
}

/** @source Fowler, Noll and Vo 1991, FNV-1a with 32 bits */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** One kind: its strengths, and what each does. */
export function kind(
  family: DamageFamily,
  name: string,
  strengths: Readonly<Record<number, ApplyDamage>>,
): readonly Damage[] {
  return Object.entries(strengths).map(([strength, apply]) => ({
    ...{ kind: name, strength: Number(strength), family, apply },
    isTurn: name === 'turn',
    showsPerson: family !== 'notAFace',
  }))
}

/** The same function at several strengths. */
export function at(
  make: (strength: number) => ApplyDamage,
  ...strengths: readonly number[]
): Readonly<Record<number, ApplyDamage>> {
  return Object.fromEntries(strengths.map((strength) => [strength, make(strength)]))
}
