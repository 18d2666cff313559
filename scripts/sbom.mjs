// Writes the bill of materials that each release carries: every package that a user gets, CycloneDX.
//
//   node scripts/sbom.mjs [FILE]    default sbom.cdx.json
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = process.argv[2] ?? `${root}sbom.cdx.json`
const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--sbom-type', 'application']
const { status, stdout, stderr } = spawnSync('npm', args, {
  ...{ cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 },
  shell: process.platform === 'win32',
})
if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
const bill = JSON.parse(stdout)
// npm takes the folder's name for ours.
const { name, version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
if (bill.metadata.component.version !== version)
  throw new Error('npm sbom tells of another version.')
bill.metadata.component.name = name
writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${file}: ${bill.components.length} packages`)
