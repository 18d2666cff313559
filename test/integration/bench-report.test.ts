import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const fixture = 'test/fixtures/bench'
const targetsOfTheIssue = 18

describe('bench:report', () => {
  let directory: string
  const page = () => readFileSync(join(directory, 'benchmarks.md'), 'utf8')
  const flags = (results: string) => [
    ...['bench/report.mjs', '--results', results],
    ...['--out', join(directory, 'benchmarks.md'), '--images', join(directory, 'images')],
  ]
  const report = (results: string) => execFileSync(process.execPath, flags(results))

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'face-watcher-report-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  it('draws a chart of each question and shows all of them', () => {
    report(fixture)
    const charts = readdirSync(join(directory, 'images')).sort()
    expect(charts).toEqual([
      'bench-latency.svg',
      'bench-search-128.svg',
      'bench-search-512.svg',
      'bench-soak.svg',
      'bench-throughput.svg',
    ])
    for (const chart of charts) {
      expect(page()).toContain(`](images/${chart})`)
      const svg = readFileSync(join(directory, 'images', chart), 'utf8')
      expect(svg).toContain('prefers-color-scheme: dark')
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    }
    expect(page()).not.toMatch(/NaN|undefined|Infinity|not measured/i)
  })

  it('shows how the screens of the page are judged', () => {
    report(fixture)
    expect(page()).toContain(
      '| people | mobile | 97 | 100 | 99 | 1.5 s | 1.7 s | 12 ms | 0 | 150 kB |',
    )
    expect(page()).toContain('134 kB of compressed JavaScript')
  })

  it('shows how fast the live picture is, beside the page before', () => {
    report(fixture)
    expect(page()).toContain('| Live | 1 | 20 | 19.8 to 20.1 | 38 ms |')
    expect(page()).toContain('| the page before | 1 | 9.6 | 9.5 to 9.7 | 40.4 ms |')
  })

  it('says of every target what was measured and whether it was reached', () => {
    report(fixture)
    const rows = readTargets(page())
    expect(rows).toHaveLength(targetsOfTheIssue)
    for (const [, , , measured, verdict] of rows) {
      expect(measured).toMatch(/\d/)
      expect(verdict).toMatch(/^(reached|\*\*missed\*\*)$/)
    }
    const verdictOf = (start: string) => rows.find(([what]) => what?.startsWith(start))?.[4]
    expect(verdictOf('one thread')).toBe('reached')
    // 0.5 x 2.3 / 0.7 at most, of 1.3.
    expect(verdictOf('one image, both cores')).toBe('**missed**')
    expect(verdictOf('the same over HTTP with 8 clients')).toBe('reached')
  })

  it('shows the results of another machine beside these', () => {
    const results = mkdtempSync(join(directory, 'results-'))
    cpSync(fixture, results, { recursive: true })
    mkdirSync(join(results, 'slower'))
    const throughput = JSON.parse(readFileSync(join(fixture, 'throughput.json'), 'utf8'))
    throughput.overhead.overPipelineMs.http = 77
    writeFileSync(join(results, 'slower/throughput.json'), JSON.stringify(throughput))
    report(results)
    const rows = readTargets(page())
    const [overhead] = rows.filter(([what]) => what?.startsWith('HTTP + JSON + search'))
    expect(overhead?.[4]).toBe('reached')
    expect(overhead?.[5]).toBe('77 ms; **missed**')
    const [soak] = rows.filter(([what]) => what?.startsWith('soak'))
    expect(soak?.[5]).toBe('')
    expect(page()).toContain('| slower/throughput.json |')
    expect(page()).not.toContain('slower/soak.json')
  })

  it('keeps every target when nothing was measured, and names the benchmarks', () => {
    report(join(directory, 'nothing'))
    expect(readTargets(page())).toHaveLength(targetsOfTheIssue)
    for (const name of ['pipeline', 'throughput', 'index', 'enroll', 'start', 'soak']) {
      expect(page()).toContain(`npm run bench:${name}`)
    }
  })

  it('names in its notes only targets that there are', () => {
    const notes: object = JSON.parse(readFileSync('bench/target-notes.json', 'utf8'))
    const keys = readFileSync('bench/targets.mjs', 'utf8').match(/(?<=key: ')[a-z-]+(?=')/g)
    expect(keys).toHaveLength(targetsOfTheIssue)
    for (const key of Object.keys(notes)) expect([...keys!, 'machines']).toContain(key)
  })

  it('tells with --check when a page is older than its results', () => {
    const results = mkdtempSync(join(directory, 'results-'))
    for (const name of readdirSync(fixture)) copyFileSync(join(fixture, name), join(results, name))
    report(results)
    const check = () => spawnSync(process.execPath, [...flags(results), '--check']).status
    expect(check()).toBe(0)
    appendFileSync(join(directory, 'benchmarks.md'), 'something else\n')
    expect(check()).toBe(1)
  })
})

/** Cells of the rows of the targets' table. */
function readTargets(page: string): string[][] {
  const [, section = ''] = page.split('## Targets')
  const [table = ''] = section.split('## Measure')
  const lines = table.split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
