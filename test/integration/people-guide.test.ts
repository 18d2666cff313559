import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFacePhoto } from '../helpers/cli.ts'
import { isThere } from '../helpers/programs.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { createServeNodes } from '../servers/serve-node.ts'

const guide = new URL('../../docs/guides/people.md', import.meta.url)
const missing = ['bash', 'curl'].find((program) => !isThere(program))
const skipReason = missing === undefined ? undefined : `no ${missing}`
const nodes = createServeNodes()
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-story-'))
  const photographs = { ann: 'ann', annAgain: 'ann-again', bea: 'bea' } as const
  for (const [face, file] of Object.entries(photographs)) {
    await writeFacePhoto(face as keyof typeof photographs, join(directory, `${file}.jpg`))
  }
})
afterAll(async () => {
  await nodes.end()
  await rm(directory, { recursive: true, force: true })
})

/** The blocks of commands of a section. The last lines of a block are comments: what it prints. */
async function readStory(): Promise<readonly { readonly commands: string; expected: string }[]> {
  const [, section = ''] = (await readFile(guide, 'utf8')).split('\n## A whole story\n')
  const blocks = section.split('\n## ')[0]!.matchAll(/^```sh\n([\s\S]*?)^```/gm)
  return [...blocks].map(([, block = '']) => {
    const lines = block.trimEnd().split('\n')
    const printed = lines.findLastIndex((line) => !line.startsWith('# ')) + 1
    return {
      commands: lines.slice(0, printed).join('\n'),
      expected: lines
        .slice(printed)
        .map((line) => line.slice(2))
        .join('\n'),
    }
  })
}

describe.skipIf(skipReason)(nameWithReason('the story of the guide to people', skipReason), () => {
  it('happens as it is told', async () => {
    const story = await readStory()
    expect(story.length).toBeGreaterThanOrEqual(6)
    const { url } = await nodes.start()
    const mark = '--- end of a block ---'
    const script = story
      .map(({ commands }) => `${commands.replaceAll('http://localhost:3000', url)}\necho '${mark}'`)
      .join('\n')
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: directory,
      timeout: 120_000,
    })
    const printed = stdout.split(`${mark}\n`).map((text) => text.trimEnd())
    expect(printed.slice(0, -1)).toEqual(story.map(({ expected }) => expected))
  }, 180_000)
})
