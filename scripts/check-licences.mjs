// Fails when a package that a user gets has a licence that scripts/licences.json does not allow, or
// when THIRD_PARTY.md lists other packages than there are. Reads package-lock.json, which knows the
// packages of other platforms too, and the installed packages, whose own word counts; no network.
//
//   node scripts/check-licences.mjs [--write]    --write renews the list in THIRD_PARTY.md
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')
const { allowed, exceptions } = JSON.parse(read('scripts/licences.json'))
const lock = JSON.parse(read('package-lock.json'))

/** `{ name, licence }` of every package that is not for development only, each once. */
function listPackages() {
  const found = new Map()
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev || entry.devOptional) continue
    const name = entry.name ?? path.replace(/^.*node_modules\//, '')
    const licence = readInstalled(path) ?? entry.license ?? 'unknown'
    found.set(`${name} ${licence}`, { name, licence })
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readInstalled(path) {
  const file = new URL(`${path}/package.json`, root)
  if (!existsSync(file)) return undefined
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof license === 'string') return license
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ')
}

/** Whether an SPDX expression of OR and AND is allowed: one of the first, all of the second. */
function isAllowed({ name, licence }) {
  const exception = Object.entries(exceptions).find(([pattern]) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  )
  const terms = new Set([...Object.keys(allowed), ...(exception?.[1].licences ?? [])])
  const plain = licence.replace(/^\((.*)\)$/, '$1')
  return plain.split(' OR ').some((way) => way.split(' AND ').every((term) => terms.has(term)))
}

/** A paragraph a licence. */
function toList(packages) {
  const byLicence = Map.groupBy?.(packages, ({ licence }) => licence) ?? groupBy(packages)
  return [...byLicence]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([licence, own]) =>
        `**${licence}** (${own.length}): ${own.map(({ name }) => name).join(', ')}.`,
    )
    .join('\n\n')
}

function groupBy(packages) {
  const groups = new Map()
  for (const one of packages) groups.set(one.licence, [...(groups.get(one.licence) ?? []), one])
  return groups
}

const [begin, end] = [
  '<!-- packages, by scripts/check-licences.mjs -->',
  '<!-- end of packages -->',
]
const packages = listPackages()
const refused = packages.filter((one) => !isAllowed(one))
for (const { name, licence } of refused) console.error(`${name} has the licence ${licence}`)
if (refused.length > 0) {
  console.error(
    'It is not in scripts/licences.json: choose another package, or say there why it may be.',
  )
  process.exitCode = 1
}

const text = read('THIRD_PARTY.md')
const before = text.slice(0, text.indexOf(begin) + begin.length)
const after = text.slice(text.indexOf(end))
const renewed = `${before}\n${toList(packages)}\n${after}`
if (!text.includes(begin) || !text.includes(end)) throw new Error('THIRD_PARTY.md has no list.')
if (process.argv.includes('--write')) writeFileSync(new URL('THIRD_PARTY.md', root), renewed)
else if (renewed !== text) {
  console.error('THIRD_PARTY.md lists other packages: node scripts/check-licences.mjs --write')
  process.exitCode = 1
}
