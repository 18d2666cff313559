import type { Command } from 'commander'
import { explainReason } from '../../core/reason-sentences.ts'
import { toEmbedBody } from '../../recognition/bodies.ts'
import type { CliContext } from '../context.ts'
import {
  addEachImageOptions,
  answerEachImage,
  type EachImageOptions,
  listGivenImages,
} from '../each-image.ts'
import { loadImageFile } from '../load-image.ts'
import { noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { printFaces } from './detect.ts'

interface Options extends EachImageOptions {
  readonly model?: string
  readonly readTurned: boolean
}

/** `embed PATHS...`. */
export function addEmbed(program: Command, { output, withModels }: CliContext): void {
  addEachImageOptions(
    program
      .command('embed <paths...>')
      .description(
        'compute the embeddings of the faces of images: files, folders, or - for standard input; --json prints them',
      )
      .option('--model <id>', 'embedder (default: models.embedder of the configuration)')
      .option('--no-read-turned', noReadTurnedHelp),
  ).action((paths: readonly string[], options: Options) => {
    const { files, isOne } = listGivenImages(paths, output)
    const { model, readTurned } = options
    return withModels(({ faceWatcher, workers }, { limits }) =>
      answerEachImage(
        files.map((file) => ({ file })),
        {
          async analyze({ file }) {
            const { bytes } = await loadImageFile(file, limits.maxImageBytes)
            return faceWatcher.embed(bytes, {
              ...toDetector(readTurned),
              ...(model === undefined ? {} : { modelId: model }),
            })
          },
          toBody: toEmbedBody,
          print(file, result) {
            const { modelId, dimension, faces } = result
            printFaces(file, result, output, [`${modelId}, ${dimension} dimensions`])
            for (const [index, { reasons }] of faces.entries()) {
              if (reasons.length === 0) continue
              const why = reasons.map(explainReason).join('; ')
              output.print(`  face ${index + 1} cannot be compared: ${why}`)
            }
          },
        },
        { output, isOne, options, concurrency: workers + 1 },
      ),
    )
  })
}
