import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'

// A note in a comment, `[Note: Group commit]`, explains once what several places rely on. Other files
// cite it with its place: `[Note: Group commit] in batch.ts`.

const folders = ['src', 'web/src', 'kernels']

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

interface Mention {
  readonly file: string
  readonly title: string
  /** File that the mention names; absent in the note's own file. */
  readonly place: string | undefined
}

function readMentions(): Mention[] {
  return folders.flatMap(listFiles).flatMap((file) => {
    // Comments without the marks of their lines.
    const text = readFileSync(file, 'utf8').replaceAll(/\n\s*(?:\*|\/\/)\s*/g, ' ')
    const found = text.matchAll(/\[Note: ([^\]]+)\](?: (?:in|of) ((?:[\w-]+\/)*[\w-]+\.ts))?/g)
    return [...found].map(([, title = '', place]) => ({ file, title, place }))
  })
}

it('finds every note that a comment cites where the comment says', () => {
  const mentions = readMentions()
  const homes = new Map<string, Set<string>>()
  for (const { title, file, place } of mentions) {
    if (place === undefined) homes.set(title, (homes.get(title) ?? new Set()).add(file))
  }
  expect(homes.size).toBeGreaterThan(40)
  const severalHomes = [...homes].filter(([, files]) => files.size > 1)
  expect(severalHomes.map(([title, files]) => `${title}: ${[...files].join(', ')}`)).toEqual([])
  const lost = mentions.filter(
    ({ title, place }) =>
      place !== undefined && ![...(homes.get(title) ?? [])].some((home) => home.endsWith(place)),
  )
  expect(lost.map(({ file, title }) => `${basename(file)} cites ${title}`)).toEqual([])
})
