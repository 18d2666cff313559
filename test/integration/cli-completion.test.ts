import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanEnvironment, runInProcess } from '../helpers/cli.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'

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

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]
const missing: ReadonlySet<Shell> = new Set(
  shells.filter((shell) => spawnSync(shell, ['--version']).status !== 0),
)
const nameOf = (shell: Shell, text: string): string =>
  nameWithReason(text, missing.has(shell) ? `no ${shell}` : undefined)

/** What a script prints in a shell that finds the program, whose home is the folder of the program. */
function runIn(shell: Shell, script: string): string {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], {
    env: { ...cleanEnvironment(), PATH: `${bin}:${process.env.PATH}`, HOME: bin },
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return stdout.trim()
}

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

  it.skipIf(missing.has('bash'))(
    nameOf('bash', 'works in bash, and evaluates nothing that is typed'),
    () => {
      const printed = runIn(
        'bash',
        `source <(face-watcher completion bash)
        COMP_WORDS=(face-watcher persons '$(touch "$HOME/evil")' up) COMP_CWORD=3
        _face_watcher
        COMP_WORDS=(face-watcher persons up) COMP_CWORD=2
        _face_watcher
        printf '%s\\n' "\${COMPREPLY[@]}"
        ls "$HOME"`,
      )
      expect(printed).toBe('update\nface-watcher')
    },
  )

  it.skipIf(missing.has('zsh'))(
    nameOf('zsh', 'works in zsh, evaluates nothing, and completes files elsewhere'),
    () => {
      // Stand-ins for what only a line that is being typed has.
      const printed = runIn(
        'zsh',
        `compdef() { :; }
      compadd() { print -l -- \${(P)2}; }
      _files() { print files; }
      source <(face-watcher completion zsh)
      words=(face-watcher persons '$(touch "$HOME/evil")' up) CURRENT=4 _face_watcher
      words=(face-watcher persons up) CURRENT=3 _face_watcher
      words=(face-watcher identify pho) CURRENT=3 _face_watcher
      ls "$HOME"`,
      )
      expect(printed).toBe('update\nupdate\nfiles\nface-watcher')
    },
  )

  it.skipIf(missing.has('fish'))(
    nameOf('fish', 'works in fish, and completes files elsewhere'),
    () => {
      const printed = runIn(
        'fish',
        `cd $HOME
      face-watcher completion fish | source
      complete -C 'face-watcher persons up'
      complete -C 'face-watcher identify face'
      ls`,
      )
      expect(printed.split('\n')[0]).toBe('update')
      expect(printed).toMatch(/\nface-watcher/)
      expect(printed).not.toContain('evil')
    },
  )
})
