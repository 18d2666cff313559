// Copies measured error rates and learned judges from bench/results into models/manifest.json.
//
// `speed` comes from embedders.json.
//
//   node scripts/update-manifest-curves.mjs [MODEL...]
//
// For each embedder (default: all that have results) `fmrCurve` comes from fmr-<id>.json and
// `accuracy` from lfw-, fmr- and identify-<id>.json, `judge` from judge-<id>.json where there is one.
// Nothing else of the manifest is changed.
import { readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'

const manifestFile = 'models/manifest.json'
const resultsDir = 'bench/results'
const speedFile = `${resultsDir}/embedders.json`

const manifest = JSON.parse(await readFile(manifestFile, 'utf8'))
const speeds = JSON.parse(await readFile(speedFile, 'utf8')).msPerFace
const wanted = new Set(process.argv.slice(2))
for (const model of manifest.models) {
  if (model.task !== 'embedder' || (wanted.size > 0 && !wanted.has(model.id))) continue
  const results = await readResults(model.id)
  if (results === undefined) {
    console.log(`${model.id}: no results, left as it is`)
    continue
  }
  model.fmrCurve = roundCurve(results.fmr.curve)
  model.accuracy = {
    lfwAccuracy: round(results.lfw.accuracy),
    lfwStd: round(results.lfw.accuracyStd),
    tmrAtFmr1e4: round(results.fmr.tmrAtFmr.find((point) => point.targetFmr === 1e-4).tmr),
    fnirAtFpir1e2: round(results.identify.fnirAtFpir.find((point) => point.fpir === 0.01).fnir),
    resultFile: `${resultsDir}/lfw-${model.id}.json`,
  }
  const judge = await readJudge(model.id)
  if (judge !== undefined) model.judge = judge
  const msPerFace = speeds[model.id]
  if (msPerFace !== undefined) {
    model.speed = { msPerFace: round(msPerFace), resultFile: speedFile }
  }
  console.log(`${model.id}: ${JSON.stringify(model.accuracy)}`)
}
await writeFileAtomic(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`)

async function readResults(id) {
  const [lfw, fmr, identify] = await Promise.all(
    ['lfw', 'fmr', 'identify'].map((protocol) =>
      readFile(`${resultsDir}/${protocol}-${id}.json`, 'utf8').then(
        (text) => JSON.parse(text).result,
        () => undefined,
      ),
    ),
  )
  return lfw && fmr && identify ? { lfw, fmr, identify } : undefined
}

function readJudge(id) {
  return readFile(`${resultsDir}/judge-${id}.json`, 'utf8').then(
    (text) => JSON.parse(text).judge,
    () => undefined,
  )
}

function roundCurve(curve) {
  const { tail } = curve
  return {
    ...curve,
    points: curve.points.map((point) => ({
      ...point,
      similarity: round(point.similarity),
      fmr: Number(point.fmr.toPrecision(6)),
      tmr: round(point.tmr),
    })),
    tail: {
      ...tail,
      threshold: round(tail.threshold),
      rate: Number(tail.rate.toPrecision(6)),
      shape: round(tail.shape),
      scale: round(tail.scale),
    },
  }
}

function round(value) {
  return Math.round(value * 1e6) / 1e6
}
