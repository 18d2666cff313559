// Measures the accuracy of embedders on LFW: bench/results/{lfw,fmr,identify}-<model>.json
//
//   node bench/evaluate-all.mjs --data DIR --data-dir DIR [--cache DIR] MODEL...
//
// DIR of --data holds lfw-deepfunneled.tar and lfw-protocol/pairs.txt; --data-dir holds models/.
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDataset } from '../dist/evaluation/dataset.js'
import { renderDetPlot } from '../dist/evaluation/det-plot.js'
import { computeModelFingerprint } from '../dist/evaluation/fingerprint.js'
import { evaluateFmr } from '../dist/evaluation/fmr.js'
import { evaluateIdentify } from '../dist/evaluation/identify.js'
import { evaluateLfw } from '../dist/evaluation/lfw.js'
import { formatReport } from '../dist/evaluation/report.js'
import { findParts, loadManifest } from '../dist/models/manifest.js'
import { createAnalyzer } from '../dist/vision/analyzer/analyzer.js'
import { hashPipeline } from './pipeline-hash.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    out: { type: 'string', default: 'bench/results' },
  },
})
if (values.data === undefined || positionals.length === 0) {
  console.error('usage: node bench/evaluate-all.mjs --data DIR [--data-dir DIR] MODEL...')
  process.exit(2)
}
const modelsDir = join(values['data-dir'], 'models')
const { models } = await loadManifest()
const dataset = await openDataset(values.data, { cacheDir: values.cache })
const analyzer = createAnalyzer({
  modelsDir,
  manifest: models,
  limits: { maxImageBytes: 20 * 1024 * 1024, maxPixels: 100_000_000, maxSidePx: 20_000 },
})
await mkdir(values.out, { recursive: true })
for (const modelId of positionals) await evaluateModel(modelId)
await analyzer.close()

async function evaluateModel(modelId) {
  const input = {
    analyzer,
    dataset,
    modelId,
    modelFingerprint: await computeModelFingerprint(
      modelsDir,
      ['mtcnn', ...findParts({ models }, modelId).map(({ id }) => id)],
      await hashPipeline(),
    ),
    cacheDir: values.cache,
    onProgress: createProgress(modelId),
  }
  const lfw = await evaluateLfw(input)
  await report(lfw, `lfw-${modelId}.json`)
  const resultFile = `bench/results/fmr-${modelId}.json`
  const fmr = await evaluateFmr(input, { resultFile })
  await report(fmr, `fmr-${modelId}.json`)
  const identify = await evaluateIdentify(input, { curve: fmr.curve })
  await report(identify, `identify-${modelId}.json`)
  const series = [
    { label: 'one comparison', points: fmr.points.map((p) => ({ x: p.fmr, y: 1 - p.tmr })) },
    {
      label: `search, N = ${identify.gallerySize}`,
      points: identify.curve.map((p) => ({ x: p.fpir, y: p.fnir })),
    },
  ]
  const labels = { title: modelId, xLabel: 'FMR or FPIR', yLabel: 'FNMR or FNIR' }
  await writeFile(join(values.out, `det-${modelId}.svg`), renderDetPlot(series, labels))
}

async function report(result, file) {
  console.log(`\n${formatReport(result)}\n`)
  const record = { ...environment(), result }
  await writeFile(join(values.out, file), `${JSON.stringify(record, null, 2)}\n`)
}

function environment() {
  return {
    date: new Date().toISOString(),
    commit: gitCommit(),
    command: `node bench/evaluate-all.mjs --data DIR ${positionals.join(' ')}`,
    machine: {
      cpu: cpus()[0]?.model.trim(),
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    versions: { node: process.version, onnxruntime: packageVersion('onnxruntime-node') },
  }
}

function gitCommit() {
  try {
    const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim()
    const dirty = git('status', '--porcelain', '--untracked-files=no') !== ''
    return `${git('rev-parse', 'HEAD')}${dirty ? ' with uncommitted changes' : ''}`
  } catch {
    return 'uncommitted'
  }
}

function packageVersion(name) {
  return createRequire(import.meta.url)(`${name}/package.json`).version
}

function createProgress(label) {
  const started = Date.now()
  let shown = 0
  return ({ stage, done, total }) => {
    if (Date.now() - shown < 10_000 && done < total) return
    shown = Date.now()
    console.error(`${label} ${stage} ${done}/${total} ${Math.round((shown - started) / 1000)} s`)
  }
}
