import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanEnvironment, runInProcess } from '../helpers/cli.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let bin: string

beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'face-watcher-bin-'))
  const file = join(bin, 'face-watcher')
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
  chmodSync(file, 0o755)
})
afterAll(() => rmSync(bin, { recursive: true, force: true }))

/** What a shell is told. */
async function complete(...words: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runInProcess(['complete', '--', ...words])
  expect(code, stderr).toBe(0)
  return stdout.trim().split('\n')
}

const hasBash = spawnSync('bash', ['--version']).status === 0

describe('completion', () => {
  it('knows the commands, their subcommands, flags and choices of the program', async () => {
    const commands = await complete('')
    expect(commands).toEqual(expect.arrayContaining(['embed', 'identify', 'persons', 'seed']))
    // Hidden: the earlier name of `seed import`.
    expect(commands).not.toContain('import')
    expect(await complete('persons', 'cr')).toEqual(['create'])
    expect(await complete('identify', '--cand')).toEqual(['--candidates'])
    expect(await complete('enroll', '--duplicates', '')).toEqual(['warn', 'reject', 'ignore'])
  })

  it('prints a script for a shell that it knows', async () => {
    const { code, stdout } = await runInProcess(['completion', 'fish'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('face-watcher complete --')])
    const other = await runInProcess(['completion', 'tcsh'])
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')])
  })

  it.skipIf(!hasBash)('works in bash, and evaluates nothing that is typed', () => {
    const script = `
      source <(face-watcher completion bash)
      COMP_WORDS=(face-watcher persons '$(touch "$HOME/evil")' up) COMP_CWORD=3
      _face_watcher
      COMP_WORDS=(face-watcher persons up) COMP_CWORD=2
      _face_watcher
      printf '%s\\n' "\${COMPREPLY[@]}"
      ls "$HOME"`
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], {
      env: { ...cleanEnvironment(), PATH: `${bin}:${process.env.PATH}`, HOME: bin },
      encoding: 'utf8',
    })
    expect([status, stdout.trim()], stderr).toEqual([0, 'update\nface-watcher'])
  })
})
