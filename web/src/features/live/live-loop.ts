import { type ApiProblem, asProblem, isTemporary } from '../../shared/api/problem.ts'
import type { CapturedFrame } from '../../shared/camera/frame-capture.ts'
import { wait } from '../../shared/wait.ts'
import type { FramePacer } from './frame-pacing.ts'

interface LiveLoopDeps<Answer> {
  readonly pacer: FramePacer
  /** Takes the newest frame; `undefined` while there is no picture. */
  readonly capture: (maxSide: number) => Promise<CapturedFrame | undefined>
  readonly send: (frame: CapturedFrame, signal: AbortSignal) => Promise<Answer>
  readonly onAnswer: (answer: Answer, takenAtMs: number) => void
  /** A temporary problem is tried again by itself, another one ends the loop. */
  readonly onProblem: (problem: ApiProblem) => void
  /** The page is hidden: what was answered last is out of date when it comes back. */
  readonly onRest: () => void
  readonly signal: AbortSignal
}

const noPictureWaitMs = 100

/**
 * Answers a running picture until `signal` is aborted. A frame is taken when the one before is
 * answered, so that it is the newest one and nothing waits in a queue. Rests while the page is hidden.
 */
export function runLiveLoop<Answer>(deps: LiveLoopDeps<Answer>): void {
  const { pacer, capture, send, onAnswer, onProblem, onRest } = deps
  const stop = new AbortController()
  const { signal } = stop
  deps.signal.addEventListener('abort', () => stop.abort())
  let hiddenAtMs = Number.NEGATIVE_INFINITY
  const lookAtPage = () => {
    if (!document.hidden) return
    hiddenAtMs = performance.now()
    onRest()
  }
  document.addEventListener('visibilitychange', lookAtPage)
  signal.addEventListener('abort', () =>
    document.removeEventListener('visibilitychange', lookAtPage),
  )

  async function answerFrame(): Promise<number> {
    await wait(pacer.beforeSending(performance.now()), signal)
    if (document.hidden) return 0
    const takenAtMs = performance.now()
    const frame = await capture(pacer.maxSide())
    if (frame === undefined || signal.aborted) return noPictureWaitMs
    try {
      const sentAtMs = performance.now()
      const answer = await send(frame, signal)
      pacer.answered(performance.now() - sentAtMs)
      // A frame of before the page was hidden shows who was there then.
      if (!signal.aborted && takenAtMs > hiddenAtMs) onAnswer(answer, takenAtMs)
      return 0
    } catch (error) {
      if (signal.aborted) return 0
      const problem = asProblem(error)
      onProblem(problem)
      if (!isTemporary(problem)) stop.abort()
      return pacer.refused(problem.details.retryAfterMs)
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await visible(signal)
      if (signal.aborted) return
      await wait(await answerFrame(), signal)
    }
  }
  void run()
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
