// What does damage do to recognition, at the default thresholds? bench/results/stress-<model>.json
//
//   npm run bench:stress -- --data DIR [--clean DIR]... [--embedder ID] [--people 300]
//     [--kinds blur,mask] [--seed 1] [--without bench/results/judge-ID.json] [--data-dir DIR] [--cache DIR] [--out FILE] [--quick]
//
// The same as `face-watcher evaluate stress`, with the machine and the commit beside the result.
// --data: lfw-deepfunneled.tar, an unpacked lfw/ or one folder a person; --clean: photographs of
// which the refused share is counted, the data set itself too if it is named. What is analysed is
// kept in the cache until the pipeline or the model's judge changes: a run that was stopped goes on.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDataset } from '../dist/evaluation/dataset.js'
import { computeModelFingerprint } from '../dist/evaluation/fingerprint.js'
import { formatReport } from '../dist/evaluation/report.js'
import { openPhotographs } from '../dist/evaluation/stress/photographs.js'
import { evaluateStress } from '../dist/evaluation/stress/stress.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createAnalyzer } from '../dist/vision/analyzer/analyzer.js'
import { machine } from './measure.mjs'
import { hashPipeline } from './pipeline-hash.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    clean: { type: 'string', multiple: true, default: [] },
    embedder: { type: 'string', default: 'mobilefacenet' },
    people: { type: 'string' },
    kinds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    without: { type: 'string' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
if (values.data === undefined) {
  console.error('usage: npm run bench:stress -- --data DIR [--clean DIR]... [--embedder ID]')
  process.exit(2)
}
const { quick, embedder: modelId } = values
const begun = machine()
const modelsDir = join(values['data-dir'], 'models')
const { models } = await loadManifest({ dataDir: values['data-dir'] })
const limits = { maxImageBytes: 20 * 1024 * 1024, maxPixels: 100_000_000, maxSidePx: 20_000 }
const analyzer = createAnalyzer({ modelsDir, manifest: models, limits })
const cacheDir = values.cache
const { fmrCurve, judge, parts = [] } = models.find((model) => model.id === modelId)
const installed = ['mtcnn', ...(parts.length > 0 ? parts.map((part) => part.model) : [modelId])]
const program = JSON.stringify([await hashPipeline(['dist/evaluation/damage']), ...parts])
const people = values.people ?? (quick ? '30' : '300')
const kinds = values.kinds?.split(',')
const without =
  values.without === undefined ? [] : JSON.parse(readFileSync(values.without, 'utf8')).people
const result = await evaluateStress(
  {
    analyzer,
    dataset: await openDataset(values.data, { cacheDir }),
    modelId,
    modelFingerprint: await computeModelFingerprint(modelsDir, installed, program),
    cacheDir,
    onProgress: createProgress(),
  },
  {
    curve: fmrCurve,
    ...(judge === undefined ? {} : { judge }),
    limits,
    without,
    people: Number(people),
    seed: Number(values.seed),
    ...(kinds === undefined ? {} : { kinds }),
    ...(quick ? { strangers: 300 } : {}),
    clean: await Promise.all(values.clean.map((dir) => openPhotographs(dir, { cacheDir }))),
  },
)
await analyzer.close()
console.log(formatReport(result))
const out = values.out ?? (quick ? undefined : `bench/results/stress-${modelId}.json`)
if (out !== undefined) {
  const options = [
    `--data DIR --embedder ${modelId} --people ${people} --seed ${values.seed}`,
    ...values.clean.map(() => '--clean DIR'),
    ...(kinds === undefined ? [] : [`--kinds ${values.kinds}`]),
    ...(values.without === undefined ? [] : [`--without ${values.without}`]),
  ]
  const question = 'What does damage do to recognition, at the default thresholds?'
  const command = `npm run bench:stress -- ${options.join(' ')}`
  mkdirSync(dirname(out), { recursive: true })
  const record = { question, command, quick, ...begun, result }
  writeFileSync(out, `${JSON.stringify(record, undefined, 2)}\n`)
  console.log(`\nwritten to ${out}`)
}

function createProgress() {
  const started = Date.now()
  let shown = 0
  return ({ stage, done, total }) => {
    if (Date.now() - shown < 10_000 && done < total) return
    shown = Date.now()
    console.error(`${stage} ${done}/${total} ${Math.round((shown - started) / 1000)} s`)
  }
}
