// Runs the tests of faults and prints what became of the writes: npm run test:faults
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const directory = mkdtempSync(join(tmpdir(), 'face-watcher-faults-'))
const report = join(directory, 'faults.jsonl')
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const child = spawn(process.execPath, [vitest, 'run', 'test/faults', ...process.argv.slice(2)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, FACE_WATCHER_TEST_FAULT_REPORT: report },
})
const [code] = await once(child, 'exit')
const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : []
rmSync(directory, { recursive: true })

const rows = lines
  .map((line) => JSON.parse(line))
  .sort((a, b) => a.fault.localeCompare(b.fault))
  .map((row) =>
    [row.fault, row.acknowledged, row.lost, row.resurrected, row.recoveryMs].map(String),
  )
const table = [['fault', 'acknowledged writes', 'lost', 'resurrected', 'recovery (ms)'], ...rows]
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
for (const row of table) {
  const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
  console.log(`| ${cells.join(' | ')} |`)
}
process.exitCode = code ?? 1
