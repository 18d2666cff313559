import type { Command } from 'commander'
import type { MergeResult, ReportResult } from '../../jobs/kinds/examination-kinds.ts'
import { maxComparedFaces } from '../../recognition/examination/person-quality.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { findPerson, personHelp } from '../find-person.ts'
import { integerOption, numberOption } from '../option-parsers.ts'
import { formatCount } from '../output.ts'
import { listAll } from '../pages.ts'
import { assertDone, detachHelp, detachJob, runInFront } from '../run-job.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface JobOptions extends Options {
  readonly detach?: boolean
  readonly maxWrong?: number
}

/** `examine person|gallery|merges`. */
export function addExamine(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  const examine = program.command('examine').description('how good a gallery is, by its own faces')

  examine
    .command('person <person>')
    .description(`a person's faces, outliers first: ${personHelp}`)
    .option('--cap <n>', 'faces a person is to have at most', integerOption(1, maxComparedFaces))
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--json', 'print JSON')
    .action((person: string, { collection, cap, json }: Options & { cap?: number }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { id } = await findPerson(faceWatcher, collection, person)
        const quality = await faceWatcher.examination.person(collection, id, { cap })
        if (json) return output.json(quality)
        const redundant = new Set(quality.redundant)
        output.table(
          ['face', 'to the others', 'nearest', 'found', 'remarks'],
          quality.faces.map(({ faceId, similarity, nearest, found, outlier, facing }) => [
            faceId,
            similarity?.toFixed(3) ?? '-',
            nearest?.similarity.toFixed(3) ?? '-',
            found === undefined ? '-' : found ? 'yes' : 'no',
            [
              ...(outlier ? ['outlier'] : []),
              ...(facing ? [] : ['turned']),
              ...(redundant.has(faceId) ? ['redundant'] : []),
            ].join(', '),
          ]),
        )
        if (quality.nearDuplicates.length > 0) {
          output.print(`Nearly one: ${formatCount(quality.nearDuplicates.length, 'pair')}.`)
        }
        if (quality.advice !== undefined) output.print(quality.advice)
      }),
    )

  examine
    .command('gallery')
    .description('search for each face without itself, and list look-alikes and weak persons')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--detach', detachHelp)
    .option('--json', 'print JSON, with what is listed')
    .action(({ collection, detach, json }: JobOptions) =>
      withFaceWatcher(async ({ jobs }) => {
        const request = { kind: 'galleryReport', collection }
        if (detach) return detachJob(jobs, request, { output, json })
        const { job } = await runInFront(jobs, request, { context })
        assertDone(job)
        const result = job.result as unknown as ReportResult
        if (json) {
          const items = await listAll((part) => jobs.items(job.id, part))
          return output.json({ ...result, items: items.map(({ body }) => body) })
        }
        const { leftOut, persons, faces, expectedFpir } = result
        output.print(`${formatCount(persons, 'person')}, ${formatCount(faces, 'face')}.`)
        output.print(
          `Each face without itself: ${leftOut.found} of ${leftOut.faces} found, ${leftOut.missed} missed, ${leftOut.misnamed} taken for somebody else.`,
        )
        output.print(`Pairs of persons as alike as a match: ${result.alikePairs}.`)
        output.print(`Weak persons: ${result.weakPersons}.`)
        if (expectedFpir !== undefined) {
          output.print(`Strangers of the same camera who would match: ${expectedFpir.toFixed(4)}.`)
        }
        output.print(`"face-watcher jobs show ${job.id}" lists them.`)
      }),
    )

  examine
    .command('merges')
    .description('pairs of persons who may be one')
    .option('--max-wrong <n>', 'how many may be wrong (default: 3)', numberOption(0, 1000))
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--detach', detachHelp)
    .option('--json', 'print JSON, with the pairs')
    .action(({ collection, detach, json, maxWrong }: JobOptions) =>
      withFaceWatcher(async ({ jobs }) => {
        const input = maxWrong === undefined ? {} : { maxWrong }
        const request = { kind: 'mergeSuggestions', collection, input }
        if (detach) return detachJob(jobs, request, { output, json })
        const { job } = await runInFront(jobs, request, { context })
        assertDone(job)
        const result = job.result as unknown as MergeResult
        const items = await listAll((part) => jobs.items(job.id, part))
        if (json) return output.json({ ...result, items: items.map(({ body }) => body) })
        output.table(
          ['person', 'other person', 'similarity', 'expected'],
          items.map(({ body }) => {
            const [first, second] = body.personIds as readonly [string, string]
            return [
              ...[first, second, Number(body.similarity).toFixed(3)],
              Number(body.expected).toPrecision(2),
            ]
          }),
        )
      }),
    )
}
