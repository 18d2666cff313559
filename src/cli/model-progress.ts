import cliProgress from 'cli-progress'
import type { InstallProgress, InstallStage } from '../vision/models/install.ts'
import type { Output } from './output.ts'

/** Shows the installation of models on stderr; silent while there is nothing to install. */
export interface ModelProgress {
  readonly update: (progress: InstallProgress) => void
  /** Ends a line that is still shown. */
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

/** Words for what is going on. @param seconds  since the stage began */
export function describeStage(
  { stage, bytes }: Pick<InstallProgress, 'stage' | 'bytes'>,
  seconds: number,
): string {
  const size = bytes === undefined ? '' : ` ${Math.max(1, Math.round(bytes / 1e6))} MB`
  const time = seconds < 1 ? '' : `, ${Math.floor(seconds)} s`
  return `${stageTexts[stage]}${size}${time}`
}

/**
 * A line on a terminal that says what is done, how large a download is and how long it has taken,
 * else a line for each model's start and end. No percentage: npm and pip do not tell how far they are.
 */
export function createModelProgress(output: Output): ModelProgress {
  let line: cliProgress.SingleBar | undefined
  let timer: NodeJS.Timeout | undefined
  let current: InstallProgress | undefined
  let since = 0

  const show = () => {
    if (current === undefined) return
    line?.update({ state: describeStage(current, (performance.now() - since) / 1000) })
  }
  const begin = (progress: InstallProgress) => {
    if (!output.stderr.isTTY) {
      const { model, bytes } = progress
      const size = bytes === undefined ? '' : ` (${describeStage(progress, 0)})`
      return output.note(`Installing model ${model}${size} ...`)
    }
    line = new cliProgress.SingleBar({
      stream: output.stderr,
      hideCursor: true,
      format: `Installing model ${progress.model}: {state}`,
    })
    line.start(1, 0, { state: '' })
    timer = setInterval(show, tickMs).unref()
  }
  const end = () => {
    clearInterval(timer)
    line?.stop()
    line = undefined
    current = undefined
  }

  return {
    update: (progress) => {
      const { model, stage } = progress
      // `done` alone means that the model was there already.
      if (stage === 'done' && current?.model !== model) return
      if (current?.model !== model) {
        end()
        begin(progress)
      }
      if (current?.stage !== stage) since = performance.now()
      current = progress
      show()
      if (stage !== 'done') return
      if (line === undefined) output.note(`Installed model ${model}.`)
      end()
    },
    stop: end,
  }
}
