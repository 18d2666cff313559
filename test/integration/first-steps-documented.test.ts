import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { en } from '../../web/src/shared/text/en.ts'

const guide = fileURLToPath(new URL('../../docs/guides/first-steps.md', import.meta.url))

function* sentencesOf(part: unknown): Generator<string> {
  if (typeof part === 'string') yield part
  else for (const inner of Object.values(part as object)) yield* sentencesOf(inner)
}

/** A sentence of the catalogue as what a user reads, whatever its placeholders hold. */
function toPattern(sentence: string): RegExp {
  const literal = sentence.split(/\{[^{}]*\}/).map((text) => text.replace(/[^\w\s]/g, '\\$&'))
  return new RegExp(`^${literal.join('.+')}$`)
}

describe('the tour of two minutes', () => {
  it('names buttons and screens as the page does', async () => {
    const patterns = [...sentencesOf(en)]
      .filter((sentence) => !/^\{[^{}]*\}$/.test(sentence))
      .map(toPattern)
    const text = await readFile(guide, 'utf8')
    const named = [...text.matchAll(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(15)
    const missing = named.filter((name) => !patterns.some((pattern) => pattern.test(name)))
    expect(missing).toEqual([])
  })
})
