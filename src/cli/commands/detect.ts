import type { Command } from 'commander'
import { toFactWords } from '../answers.ts'
import type { CliContext } from '../context.ts'
import { loadImageFile } from '../load-image.ts'
import { noReadTurnedHelp, toDetector } from '../option-parsers.ts'
import { toPrintable } from '../output.ts'

/** `detect FILE`. */
export function addDetect(program: Command, { output, withModels }: CliContext): void {
  program
    .command('detect <file>')
    .description('find the faces of an image')
    .option('--no-read-turned', noReadTurnedHelp)
    .option('--json', 'print JSON')
    .action((file: string, options: { readTurned: boolean; json?: boolean }) =>
      withModels(async ({ faceWatcher }, config) => {
        const image = await loadImageFile(file, config.limits.maxImageBytes)
        const result = await faceWatcher.detect(image.bytes, toDetector(options.readTurned))
        if (options.json) return output.json({ file, ...result })
        const size = `${result.width} x ${result.height}`
        const facts = [size, `faces: ${result.faces.length}`, ...toFactWords(result)]
        output.print(`${toPrintable(file)}: ${facts.join(', ')}`)
        if (result.faces.length === 0) return
        output.table(
          ['face', 'x', 'y', 'width', 'height', 'confidence', 'sharpness', 'brightness', 'yaw'],
          result.faces.map(({ detection, quality }, index) => [
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
      }),
    )
}
