import type { Command } from 'commander'
import type { MigrationResult } from '../../jobs/kinds/model-kinds.ts'
import type { ComparedModel } from '../../recognition/compare-models.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatCount, formatPercent, type Output } from '../output.ts'
import { addPolicyOptions, type PolicyOptions, toPolicyPatch } from '../policy-options.ts'
import { assertDone, detachHelp, detachJob, runInFront } from '../run-job.ts'

interface ModelOptions {
  readonly model: string
  readonly json?: boolean
  readonly detach?: boolean
}

interface MigrateOptions extends ModelOptions, PolicyOptions {
  readonly switch: boolean
  readonly allowMissing?: boolean
}

const missingHelp = 'also when faces have no embedding of the model, which no search finds then'

/** `collections migrate|switch|drop-model`. @param collections  the command that they belong to */
export function addCollectionModels(collections: Command, context: CliContext): void {
  const { output, withModels, withFaceWatcher } = context

  addPolicyOptions(
    collections
      .command('migrate <name>')
      .description('move a collection to another model, by the crops that it keeps'),
  )
    .requiredOption('--model <id>', 'installed embedder')
    .option('--no-switch', 'fill and compare only; "collections switch" lets the model answer')
    .option('--allow-missing', missingHelp)
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action((name: string, options: MigrateOptions) =>
      withModels(async ({ faceWatcher, jobs }) => {
        const { model: modelId, allowMissing = false, switch: switches, json } = options
        const policy = toPolicyPatch(options)
        // What is wrong with the model is said at once.
        await faceWatcher.secondModel.begin(name, { modelId, policy })
        const input = { modelId, policy, switch: switches, allowMissing }
        const request = { kind: 'modelMigration', collection: name, input }
        if (options.detach) return detachJob(jobs, request, { output, json })
        const { job, interrupted } = await runInFront(jobs, request, {
          ...{ context, instead: true },
          stopping: 'Stopping after the faces in work; Ctrl-C again stops at once.',
        })
        if (interrupted) {
          output.note(`Interrupted; ${name} answers as before. Run the command again to go on.`)
          process.exitCode = exitCodes.interrupted
          return
        }
        assertDone(job)
        const result = job.result as unknown as MigrationResult
        if (json) output.json(result)
        else for (const line of describeMigration(result)) output.print(line)
        if (switches && !result.switched) {
          explainMissing(result, job.id, output)
          process.exitCode = exitCodes.state
        }
      }),
    )

  collections
    .command('switch <name>')
    .description('let the second model of a collection answer, or go back to the first')
    .requiredOption('--model <id>', 'the second model')
    .option('--allow-missing', missingHelp)
    .option('--json', 'print JSON')
    .action((name: string, options: ModelOptions & { readonly allowMissing?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const { model, allowMissing = false, json } = options
        const switched = await faceWatcher.secondModel.switchTo(name, model, { allowMissing })
        if (json) return output.json(switched)
        output.print(`${name} answers with ${switched.modelId}.`)
      }),
    )

  collections
    .command('drop-model <name>')
    .description('erase what the second model of a collection keeps')
    .requiredOption('--model <id>', 'the second model')
    .option('--yes', yesHelp)
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action((name: string, options: ModelOptions & { readonly yes?: boolean }) =>
      withFaceWatcher(async ({ faceWatcher, jobs }) => {
        const { model: modelId, json } = options
        const what = `This erases all embeddings of ${modelId} in ${name}; there is no way back to it but another migration.`
        if (!(await confirm(what, options, output))) return
        await faceWatcher.secondModel.end(name, modelId)
        const request = { kind: 'modelErasure', collection: name, input: { modelId } }
        if (options.detach) return detachJob(jobs, request, { output, json })
        const { job } = await runInFront(jobs, request, { context, instead: true })
        assertDone(job)
        const { result } = job
        if (json) return output.json(result)
        const erased = formatCount(Number(result?.erased), 'embedding')
        output.print(`Erased ${erased} of ${modelId} in ${name}.`)
      }),
    )
}

function describeMigration(result: MigrationResult): readonly string[] {
  const { collection, from, to, filled, unfilled, comparison, switched } = result
  const { faces, persons, agreement, models } = comparison
  const compared = `Compared on ${formatCount(faces, 'face')} of ${formatCount(persons, 'person')}`
  return [
    `Embedded ${formatCount(filled, 'face')} of ${collection} with ${to}; ${unfilled} could not be.`,
    faces === 0
      ? 'There are no faces to compare the models on.'
      : `${compared}, each searched for among the others: ${formatPercent(agreement)} are answered alike.`,
    ...(faces === 0 ? [] : models.map(describeModel)),
    switched
      ? `${collection} answers with ${to} now. "face-watcher collections switch ${collection} --model ${from}" goes back; "drop-model" erases what ${from} keeps.`
      : `${collection} answers with ${from} as before.`,
  ]
}

function describeModel({ modelId, enrolled, strangers, det }: ComparedModel): string {
  const parts = [
    `${enrolled.named} of ${enrolled.probes} enrolled faces named, ${enrolled.misnamed} with a wrong name`,
    `${strangers.named} of ${strangers.probes} strangers named`,
    ...det.slice(-1).map(({ fmr, fnmr }) => `FNMR ${formatPercent(fnmr)} at FMR ${fmr}`),
  ]
  return `  ${modelId}: ${parts.join('; ')}`
}

function explainMissing({ missing, to }: MigrationResult, jobId: string, output: Output): void {
  output.note(
    `${formatCount(missing, 'face')} without an embedding of ${to}: "face-watcher jobs show ${jobId} --rejected" lists them. Enrol these people again, or switch with --allow-missing.`,
  )
}
