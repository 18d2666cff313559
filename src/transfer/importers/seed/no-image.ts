import type { Detection, Quality } from '../../../core/types.ts'

// Of an embedding that came without its image. Zero is no value that a found face has.
const origin = { x: 0, y: 0 }

export const noDetection: Detection = {
  box: { x: 0, y: 0, width: 0, height: 0 },
  landmarks: [origin, origin, origin, origin, origin],
  confidence: 0,
}

export const noQuality: Quality = {
  sizePx: 0,
  sharpness: 0,
  brightness: 0,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0,
}
