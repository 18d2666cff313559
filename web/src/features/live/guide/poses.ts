import type { DetectedFace } from '../../../shared/api/types.ts'

type Quality = DetectedFace['quality']

/** The poses that are asked for, in this order: together they show a face from where cameras look. */
export const poses = ['front', 'left', 'right', 'up', 'down'] as const

export type PoseName = (typeof poses)[number]

/** What is wrong with a frame, or that it is good. */
export type Advice =
  | 'noFace'
  | 'severalFaces'
  | 'comeNearer'
  | 'addLight'
  | 'lessLight'
  | 'holdStill'
  | 'lookStraight'
  | 'turnMore'
  | 'turnLess'
  | 'good'

/** Shorter side of the face's box, in frames of at most 800 pixels. */
const minSizePx = 90
/** Variance of the Laplacian: LFW's photographs have 88 in the middle; enrolment wants 5. */
const minSharpness = 20
const brightness = { min: 0.2, max: 0.85 } as const
/** The estimate is good to about 10 degrees: front is what it cannot tell from front. */
const front = { yaw: 12, pitch: 18 } as const
/** Turned enough to show something new, and not so far that it cannot be compared. */
const turned = { min: 14, max: 42 } as const
const nodded = { min: 8, max: 32 } as const

/**
 * What to say to somebody who looks into the camera for a pose.
 *
 * @param faces     of the frame, the largest first
 * @param straight  the pitch of the person's picture from the front, degrees: heads and cameras differ
 */
export function judgeFrame(
  faces: readonly Pick<DetectedFace, 'quality' | 'box'>[],
  pose: PoseName,
  straight: number,
): Advice {
  const [face, other] = faces
  if (face === undefined) return 'noFace'
  if (other !== undefined && other.box.width * 2 > face.box.width) return 'severalFaces'
  const { quality } = face
  if (quality.sizePx < minSizePx) return 'comeNearer'
  if (quality.brightness < brightness.min) return 'addLight'
  if (quality.brightness > brightness.max) return 'lessLight'
  const turn = judgePose(quality, pose, straight)
  if (turn !== 'good') return turn
  return quality.sharpness < minSharpness ? 'holdStill' : 'good'
}

/** Positive yaw is to image right, which is the person's left; positive pitch is down. */
function judgePose({ pose: { yaw, pitch } }: Quality, pose: PoseName, straight: number): Advice {
  switch (pose) {
    case 'front':
      return Math.abs(yaw) <= front.yaw && Math.abs(pitch - straight) <= front.pitch
        ? 'good'
        : 'lookStraight'
    case 'left':
      return judgeTurn(yaw, turned)
    case 'right':
      return judgeTurn(-yaw, turned)
    case 'up':
      return judgeTurn(straight - pitch, nodded)
    case 'down':
      return judgeTurn(pitch - straight, nodded)
  }
}

function judgeTurn(degrees: number, range: { readonly min: number; readonly max: number }): Advice {
  if (degrees < range.min) return 'turnMore'
  return degrees > range.max ? 'turnLess' : 'good'
}
