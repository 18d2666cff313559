import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import { de } from './de.ts'
import { en } from './en.ts'

type Tree = { readonly [key: string]: string | Tree }

/** Every text by the path of its key. */
function flatten(texts: Tree, path = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, text]) =>
      typeof text === 'string'
        ? [[path + key, text] as const]
        : [...flatten(text, `${path}${key}.`)],
    ),
  )
}

/** The placeholders of a text with their kinds, and its tags; not the cases of a plural. */
function placeholders(text: string): readonly string[] {
  const names = text.matchAll(
    /(?<!(?:\b(?:zero|one|two|few|many|other)|=\d+) )\{(\w+)(?:, (\w+))?|<(\w+)>/g,
  )
  return [
    ...new Set([...names].map(([, name, kind, tag]) => `${name ?? `<${tag}>`} ${kind ?? ''}`)),
  ]
    .filter((name) => !name.startsWith('undefined'))
    .sort()
}

const german = flatten(de)
const english = flatten(en)

test('German has the keys of English, with the same placeholders', () => {
  expect([...german.keys()].sort()).toEqual([...english.keys()].sort())
  for (const [key, text] of english) {
    expect({ key, in: placeholders(german.get(key) ?? '') }).toEqual({
      key,
      in: placeholders(text),
    })
  }
})

test('every text of both languages can be said', () => {
  const faults: string[] = []
  for (const [locale, messages] of [
    ['en', en],
    ['de', de as unknown as typeof en],
  ] as const) {
    const t = createTranslator({ locale, messages, onError: (error) => faults.push(error.message) })
    for (const [key, text] of english) {
      const given = placeholders(text).map((name) => name.split(' ')[0] ?? '')
      const all = Object.fromEntries(
        given.map((name) => (name.startsWith('<') ? [name.slice(1, -1), String] : [name, 1])),
      )
      const said = t.rich(key as never, all as never)
      expect(String(said)).not.toBe('')
    }
  }
  expect(faults).toEqual([])
})

test('no screen holds a sentence of its own', () => {
  const found = listScreens().flatMap((file) => findBareText(readFileSync(file, 'utf8'), file))
  expect(found).toEqual([])
  // The check itself finds what it looks for.
  const bare =
    '<p>\n  Nobody is here.\n</p>\n<a title="Go on">{t("x")}</a>\n<i aria-label="Open it" />'
  expect(findBareText(bare, 'x.tsx')).toHaveLength(3)
})

function listScreens(): readonly string[] {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tsx'))
    .map((path) => root + path)
}

/** Words between tags, and words in the attributes that people read or hear. */
function findBareText(source: string, file: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
  const between = code.matchAll(/(?<![=-])>\s*([A-Z][\p{L}’',.!? ]*\p{L}[.!?]?)\s*<[/\w{]/gu)
  const attributes = code.matchAll(
    /\b(?:aria-label|title|placeholder|label|hint|alt)="([^"]*\p{L}[^"]*)"/gu,
  )
  return [...between, ...attributes].map(([, words]) => `${file}: ${words}`)
}
