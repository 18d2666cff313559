import { type Command, Option } from 'commander'
import { toVerifyBody } from '../../recognition/bodies.ts'
import {
  defaultCollectionName,
  type FaceWatcher,
  type VerifyTarget,
} from '../../recognition/face-watcher.ts'
import { toColoredLine, toVerifyLines } from '../answers.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { assertOneStandardInput, loadImageFile } from '../load-image.ts'
import { noReadTurnedHelp, numberOption, toDetector } from '../option-parsers.ts'

interface Options {
  readonly person?: string
  readonly face?: string
  readonly collection: string
  readonly model?: string
  readonly maxFmr?: number
  readonly threshold?: number
  readonly faces: 'one' | 'largest'
  /** False with `--no-read-turned`. */
  readonly readTurned: boolean
  readonly json?: boolean
}

/** `verify A B`, `verify A --person PERSON`, `verify A --face ID`. */
export function addVerify(program: Command, { output, withModels }: CliContext): void {
  program
    .command('verify <file> [other]')
    .description(
      'compare two images, or an image with a person or a stored face; - is standard input',
    )
    .option('--person <person>', `compare with all faces of one person: ${personHelp}`)
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
    .option('--no-read-turned', noReadTurnedHelp)
    .option('--json', 'print JSON')
    .action((file: string, other: string | undefined, options: Options) => {
      const given = [other, options.person, options.face].filter((value) => value !== undefined)
      if (given.length !== 1) {
        throw new UsageError('Give either a second image, or --person, or --face.')
      }
      assertOneStandardInput([file, other])
      return withModels(async ({ faceWatcher }, { limits }) => {
        const target = await toTarget(faceWatcher, options, { other, ...limits })
        const image = await loadImageFile(file, limits.maxImageBytes)
        const { model, maxFmr, threshold, faces, readTurned } = options
        const result = await faceWatcher.verify(image.bytes, target, {
          ...{ faces, ...toDetector(readTurned) },
          ...(model === undefined || other === undefined ? {} : { modelId: model }),
          ...(maxFmr === undefined ? {} : { maxFmr }),
          ...(threshold === undefined ? {} : { threshold }),
        })
        if (options.json) return output.json(toVerifyBody(result))
        for (const line of toVerifyLines(result, other !== undefined)) {
          output.print(toColoredLine(line))
        }
      })
    })
}

async function toTarget(
  faceWatcher: FaceWatcher,
  { collection, person, face }: Options,
  { other, maxImageBytes }: { readonly other: string | undefined; readonly maxImageBytes: number },
): Promise<VerifyTarget> {
  if (other !== undefined) return { image: (await loadImageFile(other, maxImageBytes)).bytes }
  if (person !== undefined) {
    return { collection, personId: (await findPerson(faceWatcher, collection, person)).id }
  }
  return { collection, faceId: face ?? '' }
}
