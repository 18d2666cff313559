import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { FaceJudge } from '../../core/judge.ts'
import { decodeImage, type RgbImage } from '../../vision/pipeline/image.ts'
import type { ImageLimits } from '../../vision/pipeline/image-limits.ts'
import { type Damage, damageName, damagePicture, damageRevision } from '../damage/damage.ts'
import { findFaceAt, findLargestFace } from '../damage/place.ts'
import type { Dataset, LabelledImage } from '../dataset.ts'
import type { EvaluationInput } from '../embeddings.ts'
import { chooseLabelledFace } from '../face-choice.ts'
import type { PictureTask } from './analyze-pictures.ts'
import type { FoundFace } from './face-cache.ts'

/** A photograph as it is. */
export function toPhotographTask({ key, file }: LabelledImage): PictureTask {
  return {
    key,
    prepare: async () => ({
      bytes: new Uint8Array(await readFile(file)),
      choose: chooseLabelledFace,
    }),
  }
}

export interface DamageSource {
  readonly photograph: LabelledImage
  /** The face that was found in the clean photograph. */
  readonly clean: FoundFace
}

/**
 * A photograph that is damaged when its turn comes, without loss by a file's format. The face that
 * counts is the one where the face of the clean photograph was; in pictures without a person the largest.
 *
 * @param source  of a photograph in which a face was found
 */
export function toDamageTask(
  damage: Damage,
  { photograph: { key, file }, clean }: DamageSource,
  options: { readonly seed: number; readonly limits: ImageLimits },
): PictureTask {
  return {
    key,
    async prepare() {
      const image = await decodeImage(new Uint8Array(await readFile(file)), options.limits)
      const face = clean.face?.detection ?? wholePicture(image)
      const damaged = damagePicture(damage, { image, face, subject: key }, options.seed)
      return {
        bytes: await encodePng(damaged.image),
        choose: ({ faces }) =>
          damage.showsPerson ? findFaceAt(faces, damaged.box) : findLargestFace(faces),
      }
    },
  }
}

function wholePicture({ width, height }: RgbImage) {
  const middle = { x: width / 2, y: height / 2 }
  return {
    box: { x: 0, y: 0, width, height },
    landmarks: [middle, middle, middle, middle, middle] as const,
  }
}

async function encodePng({ data, width, height }: RgbImage): Promise<Uint8Array> {
  const raw = { width, height, channels: 3 } as const
  const buffer = await sharp(data, { raw }).png({ compressionLevel: 1 }).toBuffer()
  return new Uint8Array(buffer)
}

/** Where the faces of one data set, clean or damaged, are kept. */
export interface CacheFiles {
  readonly photographs: string
  damaged(damage: Damage, seed: number): string
}

/** Files that change with the photographs, the models, their judge and the detector's options. */
export function toCacheFiles(
  { fingerprint }: Pick<Dataset, 'fingerprint'>,
  input: Pick<EvaluationInput, 'cacheDir' | 'modelId' | 'modelFingerprint' | 'detector'>,
  judge: FaceJudge | undefined,
): CacheFiles {
  const { modelFingerprint, detector = {} } = input
  const identity = JSON.stringify([fingerprint, modelFingerprint, detector, judge])
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  const folder = join(input.cacheDir, 'stress', `${input.modelId}-${hash}`)
  return {
    photographs: join(folder, 'photographs.jsonl'),
    damaged: (damage, seed) => {
      const name = damageName(damage).replaceAll(' ', '-')
      return join(folder, `damaged-${damageRevision}-seed-${seed}`, `${name}.jsonl`)
    },
  }
}
