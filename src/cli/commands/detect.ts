import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { loadImageFile } from '../image-files.ts'

/** `detect FILE`. */
export function addDetect(program: Command, { output, withModels }: CliContext): void {
  program
    .command('detect <file>')
    .description('find the faces of an image')
    .option('--json', 'print JSON')
    .action((file: string, options: { json?: boolean }) =>
      withModels(async ({ faceWatcher }, config) => {
        const image = await loadImageFile(file, config.limits.maxImageBytes)
        const result = await faceWatcher.detect(image.bytes)
        if (options.json) return output.json({ file, ...result })
        output.print(`${file}: ${result.width} x ${result.height}, faces: ${result.faces.length}`)
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
