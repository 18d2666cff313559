import { type RefObject, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { detect } from '../../../shared/api/detect.ts'
import type { ApiProblem } from '../../../shared/api/problem.ts'
import type { DetectedFace } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { captureFrame } from '../../../shared/camera/frame-capture.ts'
import { useToasts } from '../../../shared/feedback/toasts.ts'
import { createFramePacer } from '../frame-pacing.ts'
import { runLiveLoop } from '../live-loop.ts'
import { type Advice, judgeFrame, type PoseName } from './poses.ts'

const frameQuality = 0.82
/** Pictures that are kept: full size and little compression. */
const snapshot = { maxSide: 1920, quality: 0.92 } as const
/** Good frames in a row before a picture is taken, so that it is not taken in passing. */
const steadyFrames = 3

export interface TakenPose {
  readonly pose: PoseName
  readonly blob: Blob
  /** Degrees, down is positive; `undefined` when the picture was taken by hand. */
  readonly pitch: number | undefined
}

interface PoseCaptureOptions {
  readonly video: RefObject<HTMLVideoElement | null>
  /** The pose that is looked for; nothing is sent without one. */
  readonly pose: PoseName | undefined
  /** Pitch of the picture from the front, degrees. */
  readonly straight: number
  readonly onTaken: (taken: TakenPose) => void
}

export interface PoseCapture {
  /** What to do; `undefined` until the first frame is answered. */
  readonly advice: Advice | undefined
  readonly problem: ApiProblem | undefined
  /** Takes a picture as the face is now. */
  readonly take: () => Promise<void>
}

/** Looks at the camera's picture until it shows the pose well, and takes a picture then. */
export function usePoseCapture(options: PoseCaptureOptions): PoseCapture {
  const { video, pose, straight } = options
  const t = useTranslations('camera')
  const toasts = useToasts()
  const { api } = useApp()
  const [state, setState] = useState<{ readonly advice?: Advice; readonly problem?: ApiProblem }>(
    {},
  )
  const onTaken = useRef(options.onTaken)
  onTaken.current = options.onTaken

  useEffect(() => {
    if (pose === undefined) return
    const stop = new AbortController()
    const canvas = document.createElement('canvas')
    let good = 0
    runLiveLoop<readonly DetectedFace[]>({
      pacer: createFramePacer(),
      signal: stop.signal,
      capture: async (maxSide) =>
        video.current
          ? captureFrame(video.current, canvas, {
              maxSide,
              quality: frameQuality,
            })
          : undefined,
      send: ({ blob }, signal) => detect(api, blob, signal),
      onAnswer(faces) {
        const advice = judgeFrame(faces, pose, straight)
        good = advice === 'good' ? good + 1 : 0
        setState({ advice })
        if (good < steadyFrames) return
        stop.abort()
        void takePicture(video.current).then((blob) => {
          if (blob) onTaken.current({ pose, blob, pitch: faces[0]?.quality.pose.pitch })
        })
      },
      onProblem: (problem) => setState({ problem }),
      onRest() {
        good = 0
        setState({})
      },
    })
    return () => {
      stop.abort()
      setState({})
    }
  }, [api, pose, straight, video])

  return {
    advice: state.advice,
    problem: state.problem,
    async take() {
      if (pose === undefined) return
      const blob = await takePicture(video.current)
      if (blob) onTaken.current({ pose, blob, pitch: undefined })
      else toasts.show({ kind: 'bad', text: t('noPicture') })
    },
  }
}

async function takePicture(video: HTMLVideoElement | null): Promise<Blob | undefined> {
  const frame = video && (await captureFrame(video, document.createElement('canvas'), snapshot))
  return frame?.blob
}
