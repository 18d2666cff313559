// Prints how much compressed JavaScript the built page loads, and ends with 1 beyond the limits:
// `npm run bundle`, after `npm run build:web`.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const assets = new URL('../dist/web/assets/', import.meta.url)
const limitsKb = { 'start page': 150, 'first load': 250 }

const files = readdirSync(assets).filter((name) => name.endsWith('.js'))

/** The chunk that Vite named after a module. */
function findChunk(module) {
  const found = files.filter((name) => name.replace(/-[\w-]{8}\.js$/, '') === module)
  if (found.length !== 1) throw new Error(`${found.length} chunks are named ${module}.`)
  return found[0]
}

/** A chunk and what it imports before it runs. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  const code = readFileSync(new URL(name, assets), 'utf8')
  for (const [, other] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) {
    closure(other, seen)
  }
  return seen
}

const toKb = (names) =>
  [...names].reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, assets))).length, 0) /
  1000

const start = ['index', 'page', 'en-start', 'identify-view'].flatMap((name) => [
  ...closure(findChunk(name)),
])
// What the page loads by itself when the start page is there.
const later = ['modal-dialog', 'en-screens'].flatMap((name) => [...closure(findChunk(name))])
const loads = {
  'start page': new Set(start),
  'first load': new Set([...start, ...later]),
}

const rows = files.map((name) => [name, toKb([name])]).sort((a, b) => b[1] - a[1])
for (const [name, kb] of rows) {
  const mark = loads['start page'].has(name)
    ? 'start'
    : loads['first load'].has(name)
      ? 'first'
      : ''
  console.log(`${kb.toFixed(1).padStart(8)} kB  ${mark.padEnd(6)} ${name}`)
}
console.log()
for (const [name, names] of Object.entries(loads)) {
  const kb = toKb(names)
  console.log(`${name}: ${kb.toFixed(1)} kB of ${limitsKb[name]} kB, compressed by gzip`)
  if (kb > limitsKb[name]) process.exitCode = 1
}
