import type { TrackedFace } from './face-tracks.ts'

/** Which frames are to be kept, so that who stays before the camera is seen once and not each frame. */
export interface KeptSightings {
  /** Whether the next frame shows somebody unknown who was not kept lately. */
  wants(faces: readonly TrackedFace[], nowMs: number): boolean
  /** Takes the answer to a frame that was to be kept. */
  kept(faces: readonly TrackedFace[], nowMs: number): void
}

/** Who stays is seen again after so long. */
const againMs = 60_000
/** Not more often than this: a face that is lost for a frame comes back as another one. */
const leastMs = 3_000

/** Creates the memory of a live picture: by the keys of its faces, which stay while a face moves. */
export function createKeptSightings(): KeptSightings {
  let lately = new Map<number, number>()
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    wants(faces, nowMs) {
      const here = new Set(faces.map(({ key }) => key))
      // Keys of faces that have gone are given to others.
      lately = new Map([...lately].filter(([key, atMs]) => here.has(key) && nowMs - atMs < againMs))
      if (nowMs - lastMs < leastMs) return false
      return faces.some(({ key, face }) => face.decision === 'unknown' && !lately.has(key))
    },
    kept(faces, nowMs) {
      const unknown = faces.filter(({ face }) => face.decision === 'unknown')
      if (unknown.length > 0) lastMs = nowMs
      for (const { key } of unknown) lately.set(key, nowMs)
    },
  }
}
