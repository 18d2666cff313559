import { type RefObject, useEffect, useState } from 'react'
import { identify } from '../../shared/api/identify.ts'
import { type ApiProblem, asProblem, isTemporary } from '../../shared/api/problem.ts'
import type { Identification } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { captureFrame } from '../../shared/camera/frame-capture.ts'
import { steadyFaces, type TrackedFace, trackFaces } from './face-tracks.ts'
import { createFramePacer } from './frame-pacing.ts'

/** Faces keep recognisable at this JPEG quality; a 640 px frame is about 40 KB. */
const jpegQuality = 0.82
const noPictureWaitMs = 100

export interface LiveIdentify {
  readonly result: Identification | undefined
  readonly faces: readonly TrackedFace[]
  /** A failed request. Temporary ones are tried again by themselves. */
  readonly problem: ApiProblem | undefined
  /** Mean time from sending a frame to its answer, ms. */
  readonly roundTripMs: number | undefined
}

const nothing: LiveIdentify = {
  result: undefined,
  faces: [],
  problem: undefined,
  roundTripMs: undefined,
}

/**
 * Identifies the faces of a running video: one frame at a time, the next when the answer is there.
 * It rests while the page is hidden.
 */
export function useLiveIdentify(
  video: RefObject<HTMLVideoElement | null>,
  running: boolean,
): LiveIdentify {
  const { api, collection } = useApp()
  const [live, setLive] = useState<LiveIdentify>(nothing)

  useEffect(() => {
    if (!running) return
    const stop = new AbortController()
    const pacer = createFramePacer()
    const canvas = document.createElement('canvas')
    let last: { readonly width: number; readonly faces: readonly TrackedFace[] } | undefined
    let meanMs: number | undefined

    async function identifyFrame(): Promise<number> {
      const frame =
        video.current &&
        (await captureFrame(video.current, canvas, {
          maxSide: pacer.maxSide(),
          quality: jpegQuality,
        }))
      if (!frame) return noPictureWaitMs
      const startedAt = performance.now()
      try {
        const { signal } = stop
        // Cameras are upright, and most frames without a face show nobody.
        const result = await identify({ api, collection }, frame.blob, {
          readTurned: false,
          signal,
        })
        const roundTripMs = performance.now() - startedAt
        meanMs = meanMs === undefined ? roundTripMs : meanMs * 0.8 + roundTripMs * 0.2
        const scale = last ? result.width / last.width : 1
        const found = trackFaces(last?.faces ?? [], result.faces, scale)
        const faces = steadyFaces(last?.faces ?? [], found, performance.now())
        last = { width: result.width, faces }
        if (!stop.signal.aborted) {
          setLive({ result, faces, problem: undefined, roundTripMs: meanMs })
        }
        return pacer.answered(roundTripMs)
      } catch (error) {
        const problem = asProblem(error)
        if (stop.signal.aborted) return 0
        last = undefined
        setLive((before) => ({ ...before, faces: [], result: undefined, problem }))
        if (!isTemporary(problem)) stop.abort()
        return pacer.refused(problem.details.retryAfterMs)
      }
    }

    async function run(): Promise<void> {
      while (!stop.signal.aborted) {
        await visible(stop.signal)
        if (stop.signal.aborted) return
        await wait(await identifyFrame(), stop.signal)
      }
    }
    void run()
    return () => {
      stop.abort()
      setLive(nothing)
    }
  }, [api, collection, running, video])

  return live
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    document.addEventListener('visibilitychange', done)
    signal.addEventListener('abort', done)
  })
}
