// Face Watcher as a peer: decode, detect, align, embed, for every face of an image.
//
//   node bench/peers/face-watcher.mjs DATA_DIR EMBEDDER [WORKERS]
//
// Without WORKERS one image at a time on this thread; with it through the analyzer and that many
// worker threads, as the product does it. Speaks as opencv.py does.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

// Must be set before the runtime loads; the analyzer does it for the product.
process.env.ORT_DISABLE_TELEMETRY = '1'
const { resolveDetectorOptions } = await import('../../dist/vision/pipeline/detectors/detector.js')
const { loadManifest } = await import('../../dist/models/manifest.js')
const { version } = await import('../../dist/version.js')

const [dataDir, embedder, workers] = process.argv.slice(2)
const { models } = await loadManifest()
const modelsDir = join(resolve(dataDir), 'models')
const limits = { maxImageBytes: 1e8, maxPixels: 1e8, maxSidePx: 20_000 }
const program = workers === undefined ? await onThisThread() : await inWorkers()
const name = `Face Watcher ${embedder}${workers === undefined ? '' : `, ${workers} workers`}`
console.log(JSON.stringify({ name, version: version() }))

for await (const line of createInterface({ input: process.stdin })) {
  const image = Uint8Array.from(readFileSync(JSON.parse(line).file))
  const begun = performance.now()
  const { faces, timings } = await program.analyze(image)
  const ms = performance.now() - begun
  const boxes = faces.map(({ detection: { box } }) => [box.x, box.y, box.width, box.height])
  console.log(JSON.stringify({ ms, embedMs: timings.embedMs, faces: boxes, timings }))
}
await program.close()

async function onThisThread() {
  const { createPipeline } = await import('../../dist/vision/pipeline/pipeline.js')
  const pipeline = createPipeline({ modelsDir, models, limits })
  const request = { detector: resolveDetectorOptions({}), embedder, crops: false }
  await pipeline.warmUp(embedder)
  return { analyze: (image) => pipeline.analyze(image, request), close: () => {} }
}

async function inWorkers() {
  const { createAnalyzer } = await import('../../dist/vision/analyzer/analyzer.js')
  const settings = { modelsDir, manifest: models, limits, maxQueue: 256 }
  const analyzer = createAnalyzer({ ...settings, workers: Number(workers) })
  await analyzer.warmUp(embedder)
  return {
    analyze: (image) => analyzer.analyze(image, { embedder }),
    close: () => analyzer.close(),
  }
}
