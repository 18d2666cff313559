import { type RefObject, useEffect, useState } from 'react'
import { identify } from '../../shared/api/identify.ts'
import type { ApiProblem } from '../../shared/api/problem.ts'
import type { Identification } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { captureFrame } from '../../shared/camera/frame-capture.ts'
import { steadyFaces, type TrackedFace, trackFaces } from './face-tracks.ts'
import { createFramePacer } from './frame-pacing.ts'
import { createKeptSightings } from './kept-sightings.ts'
import { runLiveLoop } from './live-loop.ts'
import { createLiveMeter, type LiveSpeed } from './live-meter.ts'

/** Faces keep recognisable at this JPEG quality; a 640 px frame is about 40 KB. */
const jpegQuality = 0.82
/** Numbers that change with each frame cannot be read. */
const speedShownMs = 1_000

export interface LiveIdentify {
  readonly result: Identification | undefined
  readonly faces: readonly TrackedFace[]
  /** A failed request. Temporary ones are tried again by themselves. */
  readonly problem: ApiProblem | undefined
  readonly speed: LiveSpeed | undefined
}

const nothing: LiveIdentify = {
  result: undefined,
  faces: [],
  problem: undefined,
  speed: undefined,
}

/** Identifies the faces of a running video, as fast as the server answers. */
export function useLiveIdentify(
  video: RefObject<HTMLVideoElement | null>,
  running: boolean,
): LiveIdentify {
  const { api, collection } = useApp()
  const [live, setLive] = useState<LiveIdentify>(nothing)

  useEffect(() => {
    if (!running) return
    const stop = new AbortController()
    const meter = createLiveMeter()
    const canvas = document.createElement('canvas')
    let last: { readonly width: number; readonly faces: readonly TrackedFace[] } | undefined
    const sightings = createKeptSightings()
    let isKept = false
    let speed: LiveSpeed | undefined
    let speedAtMs = 0

    runLiveLoop<Identification>({
      pacer: createFramePacer(),
      signal: stop.signal,
      capture: async (maxSide) =>
        video.current
          ? captureFrame(video.current, canvas, {
              maxSide,
              quality: jpegQuality,
            })
          : undefined,
      // Cameras are upright, and most frames without a face show nobody.
      send: ({ blob }, signal) => {
        isKept = sightings.wants(last?.faces ?? [], performance.now())
        const options = { readTurned: false, keepUnknown: isKept, signal }
        return identify({ api, collection }, blob, options)
      },
      onAnswer(result, takenAtMs) {
        const nowMs = performance.now()
        meter.shown(takenAtMs, nowMs)
        if (speed === undefined || nowMs - speedAtMs >= speedShownMs) {
          speed = meter.speed()
          speedAtMs = nowMs
        }
        const scale = last ? result.width / last.width : 1
        const found = trackFaces(last?.faces ?? [], result.faces, scale)
        const faces = steadyFaces(last?.faces ?? [], found, nowMs)
        if (isKept) sightings.kept(found, nowMs)
        last = { width: result.width, faces }
        setLive({ result, faces, problem: undefined, speed })
      },
      onProblem(problem) {
        last = undefined
        setLive({ ...nothing, problem })
      },
      onRest() {
        last = undefined
        setLive(nothing)
      },
    })
    return () => {
      stop.abort()
      setLive(nothing)
    }
  }, [api, collection, running, video])

  return live
}
