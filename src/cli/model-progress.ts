import cliProgress from 'cli-progress'
import type { InstallProgress, InstallStage } from '../vision/models/install.ts'
import type { Output } from './output.ts'

/** Shows the installation of models on stderr; silent while there is nothing to install. */
export interface ModelProgress {
  readonly update: (progress: InstallProgress) => void
  /** Ends a bar that is still shown. */
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

/** A bar for each model on a terminal, else a line for each model's start and end. */
export function createModelProgress(output: Output): ModelProgress {
  let bar: cliProgress.SingleBar | undefined
  let current: string | undefined

  const begin = (model: string) => {
    current = model
    if (!output.stderr.isTTY) return output.note(`Installing model ${model} ...`)
    bar = new cliProgress.SingleBar({
      stream: output.stderr,
      hideCursor: true,
      barsize: 28,
      format: `Installing model ${model} [{bar}] {percentage} % {state}`,
    })
    bar.start(100, 0, { state: '' })
  }
  const end = () => {
    bar?.stop()
    bar = undefined
    current = undefined
  }

  return {
    update: ({ model, stage, fraction }) => {
      // `done` alone means that the model was there already.
      if (stage === 'done' && current !== model) return
      if (current !== model) {
        end()
        begin(model)
      }
      bar?.update(Math.round(fraction * 100), { state: stageTexts[stage] })
      if (stage !== 'done') return
      if (bar === undefined) output.note(`Installed model ${model}.`)
      end()
    },
    stop: end,
  }
}
