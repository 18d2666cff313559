// How does Lighthouse judge the screens of the page, and how much does the page load?
//
//   npm run bench:lighthouse -- [--models-from DIR] [--screens identify,people,...]
//                               [--forms mobile,desktop] [--runs 3] [--quick] [--out FILE]
//
// The built server with 500 faces of 100 persons, and the system's Chromium. Lighthouse is fetched by
// npx with a Node of its own, since it needs a newer one than this package. `mobile` is its usual
// phone: a slow network and a processor four times as slow, both computed; `desktop` its usual desk.
// A busy machine makes the performance worse than it is; the rest does not depend on time. Of the runs
// of a screen the one with the middle performance counts.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { printTable, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { createDataDir, fillGallery, startService } from './service.mjs'

const tools = ['-p', 'node@24', '-p', 'lighthouse@13.5.0']
const categories = ['performance', 'accessibility', 'best-practices']
const faces = 500
const limitMs = 180_000

const { values: args } = parseArgs({
  options: {
    'models-from': { type: 'string', default: '.cache/test-data' },
    screens: {
      type: 'string',
      default: 'identify,live,people,unknown,add-photos,collections,evaluation,system',
    },
    forms: { type: 'string' },
    runs: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const forms = (args.forms ?? (args.quick ? 'desktop' : 'mobile,desktop')).split(',')
const runs = args.quick ? 1 : Number(args.runs)
const chromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
)
if (chromium === undefined) throw new Error('Install Chromium, or set CHROMIUM_PATH.')

prepareModels(args['models-from'], {})
const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
try {
  const { dataDir } = createDataDir(args['models-from'], work)
  await fillGallery(dataDir, faces)
  const service = await startService(dataDir)
  const results = []
  try {
    for (const form of forms) {
      for (const screen of args.screens.split(',')) {
        const url = `http://localhost:${service.port}/#/${screen}`
        const judged = []
        for (let run = 0; run < runs; run++) judged.push(await judge(url, { screen, form }))
        judged.sort((a, b) => a.performance - b.performance)
        console.log(`${form} ${screen}: ${judged.map(({ performance }) => performance).join(' ')}`)
        results.push(judged[Math.floor(runs / 2)])
      }
    }
  } finally {
    await service.stop()
  }
  printTable(results.map(({ faults, ...row }) => ({ ...row, faults: faults.join(' ') })))
  const question = 'how Lighthouse judges the screens of the page, and how much the page loads'
  const { out, quick } = args
  const lighthouse = tools.at(-1).split('@')[1]
  const result = { question, lighthouse, faces, runs, bundle: readBundle(), results }
  writeResult('lighthouse', { out, quick }, result)
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Points of 100, and times in milliseconds as Lighthouse computes them for the device. */
async function judge(url, { screen, form }) {
  const file = join(work, `${form}-${screen}.json`)
  const options = [
    ...[`--only-categories=${categories.join(',')}`, '--output=json', `--output-path=${file}`],
    ...['--quiet', '--chrome-flags=--headless=new --no-sandbox --disable-gpu'],
    ...(form === 'desktop' ? ['--preset=desktop'] : []),
  ]
  await runLighthouse(url, options)
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const points = (category) => Math.round(report.categories[category].score * 100)
  const value = (audit) => report.audits[audit].numericValue
  return {
    ...{ screen, form },
    performance: points('performance'),
    accessibility: points('accessibility'),
    bestPractices: points('best-practices'),
    firstPaintMs: value('first-contentful-paint'),
    largestPaintMs: value('largest-contentful-paint'),
    blockedMs: value('total-blocking-time'),
    layoutShift: value('cumulative-layout-shift'),
    transferredBytes: value('total-byte-weight'),
    faults: ['accessibility', 'best-practices'].flatMap((category) =>
      report.categories[category].auditRefs
        .filter(({ id, weight }) => weight > 0 && (report.audits[id].score ?? 1) < 1)
        .map(({ id }) => id),
    ),
  }
}

/** Its trace sometimes lacks the start of the page, which it reports as an error: then it runs again. */
async function runLighthouse(url, options, triesLeft = 2) {
  try {
    await promisify(execFile)('npx', ['-y', ...tools, 'lighthouse', url, ...options], {
      env: { ...process.env, CHROME_PATH: chromium },
      timeout: limitMs,
      maxBuffer: 64 << 20,
    })
  } catch (error) {
    const isTrace = /NO_NAVSTART|NO_FCP|Please run Lighthouse again/.test(error.stderr ?? '')
    if (!isTrace || triesLeft === 0) throw error
    console.log('Lighthouse lost its trace; once more.')
    await runLighthouse(url, options, triesLeft - 1)
  }
}

/** Compressed JavaScript by `npm run bundle`, kB. */
function readBundle() {
  // It ends with 1 beyond its limits, and says how much all the same.
  const { stdout } = spawnSync(process.execPath, ['scripts/bundle-report.mjs'], {
    encoding: 'utf8',
  })
  const kb = (name) => Number(new RegExp(`^${name}: ([\\d.]+) kB`, 'm').exec(stdout)[1])
  return { startPageKb: kb('start page'), firstLoadKb: kb('first load') }
}
