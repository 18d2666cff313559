import { FaceError } from '../core/errors.ts'
import type { InstallProgress, InstallStage } from '../models/install.ts'
import { createBar } from './bar.ts'
import { createInterrupt, type Interrupt } from './interrupt.ts'
import type { Output } from './output.ts'

/** Shows the installation of models on stderr; silent while there is nothing to install. */
export interface ModelProgress {
  readonly update: (progress: InstallProgress) => void
  /** Aborted by Ctrl-C or SIGTERM while a model is being installed, with the error `aborted`. */
  readonly signal: AbortSignal
  /** Ends a line that is still shown, and leaves Ctrl-C to others. */
  readonly stop: () => void
}

const stageTexts: Readonly<Record<InstallStage, string>> = {
  wait: 'waiting for another installation',
  download: 'downloading',
  extract: 'unpacking',
  build: 'building',
  write: 'writing',
  done: 'installed',
}

const tickMs = 1000
/** Where there is no terminal: often enough to see life, rare enough to read. */
const lineIntervalMs = 5000

/** Words for what is going on. @param seconds  since the stage began */
export function describeStage(
  { stage, bytes, doneBytes = 0 }: Pick<InstallProgress, 'stage' | 'bytes' | 'doneBytes'>,
  seconds: number,
): string {
  const time = seconds < 1 ? '' : `, ${Math.floor(seconds)} s`
  if (bytes === undefined) return `${stageTexts[stage]}${time}`
  const total = `${toMegabytes(bytes)} MB`
  const size = doneBytes === 0 ? total : `${toMegabytes(doneBytes)} of ${total}`
  return `${stageTexts[stage]} ${size}${time}`
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/**
 * On a terminal a bar of the bytes that have arrived with what is going on, else a line for each
 * model's start, its end, and every few seconds of a download.
 */
export function createModelProgress(output: Output): ModelProgress {
  const controller = new AbortController()
  let interrupt: Interrupt | undefined
  let line: ModelLine | undefined
  let current: InstallProgress | undefined

  const listen = () => {
    if (interrupt !== undefined) return
    interrupt = createInterrupt(
      output,
      'Ending the installation: nothing of an unfinished model stays. Ctrl-C again stops at once.',
    )
    interrupt.signal.addEventListener('abort', () => controller.abort(new FaceError('aborted')))
  }
  const end = () => {
    line?.stop()
    line = undefined
    current = undefined
  }
  const stop = () => {
    end()
    interrupt?.release()
    interrupt = undefined
  }

  return {
    signal: controller.signal,
    update: (progress) => {
      const { model, stage } = progress
      // `done` alone means that the model was there already.
      if (stage === 'done' && current?.model !== model) return
      listen()
      if (current?.model !== model) {
        end()
        line = output.stderr.isTTY ? showBar(output, model) : createLines(output, progress)
      }
      current = progress
      line?.show(progress)
      if (stage === 'done') end()
    },
    stop,
  }
}

interface ModelLine {
  show(progress: InstallProgress): void
  stop(): void
}

/** How long the present stage has taken. */
function createStageClock(): (stage: InstallStage) => number {
  let current: InstallStage | undefined
  let since = 0
  return (stage) => {
    if (stage !== current) since = performance.now()
    current = stage
    return (performance.now() - since) / 1000
  }
}

function showBar(output: Output, model: string): ModelLine {
  const secondsOf = createStageClock()
  const bar = createBar(output.stderr, `Installing model ${model}`)
  let last: InstallProgress | undefined
  const draw = () => {
    if (last === undefined) return
    // Only bytes fill the bar: how long building takes nobody knows before.
    const isFetched = !['wait', 'download'].includes(last.stage)
    const share = isFetched ? 1 : (last.doneBytes ?? 0) / (last.bytes ?? 1)
    bar.draw(share, describeStage(last, secondsOf(last.stage)))
  }
  const timer = setInterval(draw, tickMs).unref()
  return {
    show: (progress) => {
      last = progress
      draw()
    },
    stop: () => {
      clearInterval(timer)
      bar.stop()
    },
  }
}

function createLines(output: Output, first: InstallProgress): ModelLine {
  const { model, bytes } = first
  const secondsOf = createStageClock()
  const size = bytes === undefined ? '' : ` (${describeStage(first, 0)})`
  output.note(`Installing model ${model}${size} ...`)
  let lastLineAt = performance.now()
  return {
    show: (progress) => {
      const { stage } = progress
      const seconds = secondsOf(stage)
      if (stage === 'done') output.note(`Installed model ${model}.`)
      if (stage !== 'download' || performance.now() - lastLineAt < lineIntervalMs) return
      lastLineAt = performance.now()
      output.note(`Installing model ${model}: ${describeStage(progress, seconds)}`)
    },
    stop: () => {},
  }
}
