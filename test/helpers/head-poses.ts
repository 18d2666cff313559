import sharp from 'sharp'
import { type CameraScene, samplePhoto } from './fake-camera.ts'

/** How much the parts beside, above and below the nose are stretched. */
interface Stretch {
  readonly left?: number
  readonly right?: number
  readonly above?: number
  readonly below?: number
}

// The woman on the right of sample1, upright, and where her nose is.
const upright = { degrees: -45, crop: { left: 180, top: 180, width: 420, height: 420 } }
const nose = { x: 194, y: 236 }

/**
 * One woman in the poses that the guide asks for. There is one photograph of each face, so the face
 * from the front is bent: the side of the nose that is stretched is the one that is seen more of when
 * a head turns. The detector's yaw and pitch and the similarity to the face from the front, observed
 * with the default models: front -9, 1; left 23 (0.90); right -24 (0.89); up -10 (0.67); down 16 (0.51).
 */
export const headPoses = {
  front: {},
  left: { left: 1.35, right: 0.65 },
  right: { left: 0.75, right: 1.25 },
  up: { above: 0.65, below: 1.1 },
  down: { above: 1.3, below: 0.7 },
} as const satisfies Readonly<Record<string, Stretch>>

/** A scene for the camera in which she holds a pose. */
export async function poseScene(
  pose: keyof typeof headPoses,
  frames: number,
): Promise<CameraScene> {
  const turned = await sharp(
    await sharp(samplePhoto(1))
      .extract({ left: 1300, top: 60, width: 560, height: 560 })
      .png()
      .toBuffer(),
  )
    .rotate(upright.degrees, { background: '#777' })
    .png()
    .toBuffer()
  const face = await sharp(turned).extract(upright.crop).png().toBuffer()
  const { photo, width, height } = await bend(face, headPoses[pose])
  return { photo, region: { left: 0, top: 0, width, height }, frames }
}

async function bend(face: Buffer, stretch: Stretch) {
  const { left = 1, right = 1, above = 1, below = 1 } = stretch
  const size = upright.crop
  const xs = [Math.round(nose.x * left), Math.round((size.width - nose.x) * right)] as const
  const ys = [Math.round(nose.y * above), Math.round((size.height - nose.y) * below)] as const
  const parts = []
  for (const row of [0, 1] as const) {
    for (const column of [0, 1] as const) {
      const from = {
        ...(column === 0
          ? { left: 0, width: nose.x }
          : { left: nose.x, width: size.width - nose.x }),
        ...(row === 0 ? { top: 0, height: nose.y } : { top: nose.y, height: size.height - nose.y }),
      }
      const input = await sharp(face)
        .extract(from)
        .resize({ width: xs[column], height: ys[row], fit: 'fill' })
        .png()
        .toBuffer()
      parts.push({ input, left: column === 0 ? 0 : xs[0], top: row === 0 ? 0 : ys[0] })
    }
  }
  const whole = { width: xs[0] + xs[1], height: ys[0] + ys[1] }
  const photo = await sharp({ create: { ...whole, channels: 3, background: '#777' } })
    .composite(parts)
    .png()
    .toBuffer()
  return { photo, ...whole }
}
