// How long does each embedder take for one face, on one thread?
//
//   node bench/embedders.mjs --images DIR [--models-from DIR] [--out FILE] [MODEL...]
//
// Natural faces: photographs of DIR (person/image.jpg, for instance LFW) go through the whole
// pipeline on this thread; counted is the embedding stage. Models take turns, nine rounds.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { machine, percentile } from './measure.mjs'

// Must be set before the runtime loads; the analyzer does it for the product.
process.env.ORT_DISABLE_TELEMETRY = '1'
const { resolveDetectorOptions } = await import('../dist/vision/pipeline/detectors/detector.js')
const { loadManifest } = await import('../dist/models/manifest.js')
const { createPipeline } = await import('../dist/vision/pipeline/pipeline.js')

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    out: { type: 'string' },
  },
})
if (!args.images) throw new Error('--images DIR is missing')

const facesWanted = 40
const rounds = 9
const { models } = await loadManifest()
const embedders = models.filter((m) => m.task === 'embedder').map((m) => m.id)
const ids = positionals.length > 0 ? positionals : embedders
const images = readdirSync(args.images, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .slice(0, facesWanted)
  .map(({ name }) => join(args.images, name, readdirSync(join(args.images, name)).sort()[0]))
  .map((file) => readFileSync(file))
const pipeline = createPipeline({
  modelsDir: join(resolve(args['models-from']), 'models'),
  models,
  limits: { maxImageBytes: 2e7, maxPixels: 5e7, maxSidePx: 20_000 },
})
const detector = resolveDetectorOptions({ maxFaces: 1 })
const times = Object.fromEntries(ids.map((id) => [id, []]))
for (let round = -1; round < rounds; round++) {
  for (const embedder of round % 2 === 0 ? ids : [...ids].reverse()) {
    let ms = 0
    let faces = 0
    for (const image of images) {
      const analysis = await pipeline.analyze(image, { detector, embedder, crops: false })
      ms += analysis.timings.embedMs
      faces += analysis.faces.length
    }
    // Round -1 warms up.
    if (round >= 0) times[embedder].push(ms / faces)
  }
}
const result = {
  question: 'milliseconds of one embedding, one face a run, one thread',
  command: `node bench/embedders.mjs ${process.argv.slice(2).join(' ')}`,
  ...machine(),
  msPerFace: Object.fromEntries(ids.map((id) => [id, percentile(times[id], 0.5)])),
  spread: Object.fromEntries(
    ids.map((id) => [id, { min: Math.min(...times[id]), max: Math.max(...times[id]) }]),
  ),
}
console.log(JSON.stringify(result, null, 2))
if (args.out) writeFileSync(args.out, `${JSON.stringify(result, null, 2)}\n`)
