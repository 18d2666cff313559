import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { toStageText } from '../../src/cli/stage-texts.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import { createFakeDependencies } from '../helpers/fake-recognition.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'

/** Each long operation: its kind, the command that begins it, and the stages that it tells of. */
const operations: Readonly<
  Record<string, { readonly command: string; readonly detach: boolean; readonly stages: string[] }>
> = {
  indexRebuild: { command: 'index rebuild', detach: true, stages: ['faces'] },
  indexVerify: { command: 'index verify', detach: true, stages: ['faces'] },
  bulkEnroll: { command: 'enroll', detach: true, stages: ['photographs'] },
  modelMigration: {
    ...{ command: 'collections migrate', detach: true },
    stages: ['faces', 'comparisons'],
  },
  modelErasure: { command: 'collections drop-model', detach: true, stages: ['embeddings'] },
  modelInstall: { command: 'models install', detach: false, stages: ['percent'] },
  galleryExport: { command: 'data export', detach: true, stages: ['export'] },
  galleryImport: {
    ...{ command: 'data import', detach: true },
    stages: ['check', 'import', 'compare'],
  },
  galleryCopy: { command: 'data copy', detach: true, stages: ['copy', 'compare'] },
  seedImport: { command: 'seed import', detach: true, stages: ['import'] },
  galleryReport: { command: 'examine gallery', detach: true, stages: ['faces'] },
  mergeSuggestions: { command: 'examine merges', detach: true, stages: ['faces'] },
  retention: { command: 'retention run', detach: true, stages: ['persons'] },
  // On the command line it reads folders, and is an evaluation.
  photographEvaluation: {
    ...{ command: 'evaluate fmr', detach: false },
    stages: ['photographs', 'comparisons'],
  },
  // Only its command runs it; see docs/decisions/0021-jobs.md.
  evaluation: { command: 'evaluate', detach: false, stages: ['embed', 'compare'] },
}

/** Kinds that a request over HTTP begins; the others work with files and databases of a machine. */
const overHttp = [
  ...['bulkEnroll', 'galleryReport', 'indexRebuild', 'indexVerify', 'mergeSuggestions'],
  ...['modelErasure', 'modelInstall', 'modelMigration', 'photographEvaluation', 'retention'],
]

const source = fileURLToPath(new URL('../../src', import.meta.url))

function readSources(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  return new Map(files.map((name) => [name, readFileSync(join(source, folder, name), 'utf8')]))
}

const importersOf = (module: string, folder: string): string[] =>
  [...readSources(folder)]
    .filter(([, text]) => new RegExp(`(?:from|import\\() ?'[./]*${module}'`).test(text))
    .map(([name]) => name)
    .toSorted()

describe('every long operation', () => {
  let kinds: readonly string[]
  let close: () => Promise<void>
  beforeAll(async () => {
    const deps = await createFakeDependencies()
    const faceWatcher = createUseCases(deps)
    kinds = [...createTestKinds({ store: deps.store, faceWatcher }).keys()]
    close = () => faceWatcher.close()
  })
  afterAll(() => close())

  it('is a kind of job, and has a command', () => {
    expect(kinds.toSorted()).toEqual(Object.keys(operations).toSorted())
    const program = createProgram({} as never)
    for (const { command, detach } of Object.values(operations)) {
      const found = command
        .split(' ')
        .reduce<typeof program | undefined>(
          (group, name) => group?.commands.find((one) => one.name() === name),
          program,
        )
      expect(found, command).toBeDefined()
      const flags = found!.options.map(({ long }) => long)
      expect(flags.includes('--detach'), command).toBe(detach)
    }
  })

  it('has words for each of its stages', () => {
    for (const [kind, { stages }] of Object.entries(operations)) {
      for (const stage of stages) expect(toStageText(kind, stage)[0]).toMatch(/^[A-Z][a-z]+ing$/)
    }
  })

  it('is begun over HTTP only where the caller names no path and no other host', () => {
    const text = [...readSources('http').values()].join('\n')
    expect(kinds.filter((kind) => text.includes(`'${kind}'`)).toSorted()).toEqual(overHttp)
  })

  it('shows its progress as a job does, and in no other way', () => {
    // The download of models fills no database, and has a bar of bytes.
    expect(importersOf('bar.ts', 'cli')).toEqual(['model-progress.ts', 'progress.ts'])
    expect(importersOf('progress.ts', 'cli')).toEqual(
      expect.arrayContaining(['context.ts', 'program.ts']),
    )
    const views = [...readSources('cli')].filter(([, text]) => /\bopenProgress\(/.test(text))
    expect(views.map(([name]) => name).toSorted()).toEqual([
      // Follows a job; runs one; and declares it.
      ...['commands/jobs.ts', 'context.ts', 'run-job.ts'],
    ])
    const makers = [...readSources('cli')].filter(([, text]) => /\bcreateProgress\(/.test(text))
    expect(makers.map(([name]) => name).toSorted()).toEqual(['context.ts', 'progress.ts'])
  })

  it('is what takes an observer of progress', () => {
    const reporting = [...readSources('cli')].filter(([, text]) => /onProgress/.test(text))
    expect(reporting.map(([name]) => name).toSorted()).toEqual([
      // Evaluations, whose kind is `evaluation`.
      ...['commands/evaluate-job.ts', 'commands/evaluate-promise.ts', 'commands/evaluate.ts'],
      // The download of models.
      ...['commands/models.ts', 'commands/serve.ts', 'context.ts'],
      'run-job.ts',
    ])
  })
})
