import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaceWatcher, isFaceError } from '../../src/index.ts'
import {
  cleanEnvironment,
  createTestDataDir,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
let data: TestDataDir
let people: string
let annAgain: string

beforeAll(async () => {
  data = await createTestDataDir()
  people = join(data.path, 'people')
  await writeFacePhoto('ann', join(people, 'Ann.jpg'))
  await writeFacePhoto('bea', join(people, 'Bea.jpg'))
  writeFileSync(join(people, 'Nobody.jpg'), 'no image')
  annAgain = await writeFacePhoto('annAgain', join(data.path, 'again.jpg'))
})
afterAll(() => data.remove())

describe('examples/library.ts', () => {
  const example = join(root, 'examples/library.ts')

  it('is correct TypeScript against the published types', () => {
    const program = ts.createProgram([example], {
      ...{ strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    })
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((it) => ts.flattenDiagnosticMessageText(it.messageText, '\n'))
    expect(problems).toEqual([])
  })

  it('enrolls and recognises', () => {
    // Inside the package, so that its own name resolves.
    const compiled = join(root, 'dist/examples/library.js')
    mkdirSync(join(root, 'dist/examples'), { recursive: true })
    const { outputText } = ts.transpileModule(readFileSync(example, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    writeFileSync(compiled, outputText)
    const run = () =>
      execFileSync(process.execPath, [compiled, people, annAgain], {
        env: { ...cleanEnvironment(), DATA_DIR: data.path },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    const output = run()
    expect(output).toMatch(
      /^enrolled Ann as \w{26}\nenrolled Bea as \w{26}\nrejected Nobody\.jpg: /,
    )
    expect(output).toMatch(/match: nearest is Ann \(0\.[5-9]\d*\)\n$/)
    // The same persons, with the same faces.
    expect(run()).toBe(output)
  })
})

describe('createFaceWatcher', () => {
  it('names an unknown key', async () => {
    const started = createFaceWatcher({ htp: {} } as never)
    await expect(started).rejects.toThrow('option htp: unknown key "htp"')
  })

  it('does not install models when told not to', async () => {
    const dataDir = join(data.path, 'empty')
    const faceWatcher = await createFaceWatcher({ dataDir, installModels: false })
    try {
      const bytes = new Uint8Array(readFileSync(annAgain))
      const failed = await faceWatcher.identify('default', bytes).catch((error: unknown) => error)
      expect(isFaceError(failed, 'modelNotInstalled')).toBe(true)
      expect((await faceWatcher.status()).ready).toBe(false)
    } finally {
      await faceWatcher.close()
    }
  })
})
