import type { Command } from 'commander'
import type { Detection, Quality } from '../../core/types.ts'
import { toDetectBody } from '../../recognition/bodies.ts'
import type { DetectResult } from '../../recognition/face-watcher.ts'
import { toFactWords } from '../answers.ts'
import type { CliContext } from '../context.ts'
import {
  addEachImageOptions,
  answerEachImage,
  type EachImageOptions,
  listGivenImages,
} from '../each-image.ts'
import { loadImageFile } from '../load-image.ts'
import { noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { type Output, toPrintable } from '../output.ts'

interface Options extends EachImageOptions {
  readonly readTurned: boolean
}

/** `detect PATHS...`. */
export function addDetect(program: Command, { output, withModels }: CliContext): void {
  addEachImageOptions(
    program
      .command('detect <paths...>')
      .description('find the faces of images: files, folders, or - for standard input')
      .option('--no-read-turned', noReadTurnedHelp),
  ).action((paths: readonly string[], options: Options) => {
    const { files, isOne } = listGivenImages(paths, output)
    return withModels(({ faceWatcher, workers }, { limits }) =>
      answerEachImage(
        files.map((file) => ({ file })),
        {
          async analyze({ file }) {
            const { bytes } = await loadImageFile(file, limits.maxImageBytes)
            return faceWatcher.detect(bytes, toDetector(options.readTurned))
          },
          toBody: toDetectBody,
          print: (file, result) => printFaces(file, result, output),
        },
        { output, isOne, options, concurrency: workers + 1 },
      ),
    )
  })
}

/** @param facts  words about the whole answer, besides the size of the image and what it was read like */
export function printFaces(
  file: string,
  result: Pick<DetectResult, 'width' | 'height' | 'turned' | 'omittedFaces'> & {
    readonly faces: readonly { readonly detection: Detection; readonly quality: Quality }[]
  },
  output: Output,
  facts: readonly string[] = [],
): void {
  const { width, height, faces } = result
  const words = [`${width} x ${height}`, `faces: ${faces.length}`, ...facts, ...toFactWords(result)]
  output.print(`${toPrintable(file)}: ${words.join(', ')}`)
  if (faces.length === 0) return
  output.table(
    ['face', 'x', 'y', 'width', 'height', 'confidence', 'sharpness', 'brightness', 'yaw'],
    faces.map(({ detection, quality }, index) => [
      String(index + 1),
      ...[detection.box.x, detection.box.y, detection.box.width, detection.box.height].map(
        (value) => value.toFixed(0),
      ),
      detection.confidence.toFixed(3),
      quality.sharpness.toFixed(0),
      quality.brightness.toFixed(2),
      quality.pose.yaw.toFixed(0),
    ]),
  )
}
