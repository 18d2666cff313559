import { type Command, Option } from 'commander'
import { defaultCollectionName, type VerifyTarget } from '../../recognition/face-watcher.ts'
import { toVerifyLines } from '../answers.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { loadImageFile } from '../load-image.ts'
import { numberOption } from '../option-parsers.ts'

interface Options {
  readonly person?: string
  readonly face?: string
  readonly collection: string
  readonly model?: string
  readonly maxFmr?: number
  readonly threshold?: number
  readonly faces: 'one' | 'largest'
  readonly json?: boolean
}

/** `verify A B`, `verify A --person ID`, `verify A --face ID`. */
export function addVerify(program: Command, { output, withModels }: CliContext): void {
  program
    .command('verify <file> [other]')
    .description('compare two images, or an image with a person or a stored face')
    .option('--person <id>', 'compare with all faces of this person')
    .option('--face <id>', 'compare with this stored face')
    .option('--collection <name>', 'collection of the person or face', defaultCollectionName)
    .option('--model <id>', 'embedder for two images')
    .option('--max-fmr <rate>', 'false match rate to keep (default: 1e-4)', numberOption(0, 1))
    .option('--threshold <similarity>', 'cosine to reach, instead of a rate', numberOption(0, 1))
    .addOption(
      new Option('--faces <which>', 'exactly one face, or the largest')
        .choices(['one', 'largest'])
        .default('one'),
    )
    .option('--json', 'print JSON')
    .action((file: string, other: string | undefined, options: Options) => {
      const given = [other, options.person, options.face].filter((value) => value !== undefined)
      if (given.length !== 1) {
        throw new UsageError('Give either a second image, or --person, or --face.')
      }
      return withModels(async ({ faceWatcher }, { limits }) => {
        const image = await loadImageFile(file, limits.maxImageBytes)
        const target = await toTarget(other, options, limits.maxImageBytes)
        const { model, maxFmr, threshold, faces } = options
        const result = await faceWatcher.verify(image.bytes, target, {
          faces,
          ...(model === undefined || other === undefined ? {} : { modelId: model }),
          ...(maxFmr === undefined ? {} : { maxFmr }),
          ...(threshold === undefined ? {} : { threshold }),
        })
        if (options.json) return output.json(result)
        for (const line of toVerifyLines(result, other !== undefined)) output.print(line)
      })
    })
}

async function toTarget(
  other: string | undefined,
  options: Options,
  maxImageBytes: number,
): Promise<VerifyTarget> {
  const { collection, person, face } = options
  if (other !== undefined) return { image: (await loadImageFile(other, maxImageBytes)).bytes }
  if (person !== undefined) return { collection, personId: person }
  return { collection, faceId: face ?? '' }
}
