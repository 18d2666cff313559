// Sets of labelled photographs with their embeddings, as several benchmarks use them.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDataset } from '../dist/evaluation/dataset.js'
import { embedDataset } from '../dist/evaluation/embeddings.js'
import { computeModelFingerprint } from '../dist/evaluation/fingerprint.js'
import { groupByPerson, lfwCorrections } from '../dist/evaluation/label-corrections.js'
import { createAnalyzer } from '../dist/vision/analyzer/analyzer.js'
import { hashPipeline } from './pipeline-hash.mjs'

/** Second photographs of people who are twice in the studio set: three are equal files, the others were looked at. */
const studioDoubles = ['0968', '1224', '1303', '1071', '1463', '1150', '0676', '0972', '0578']
const corrections = {
  lfw: lfwCorrections,
  studio: { samePerson: [], wrongImages: studioDoubles },
}

/**
 * Embeds sets, from the cache where it can.
 *
 * @param names    of `args` that name a folder each
 * @param args     flags: the folders, `data-dir`, `cache`, `embedder`
 * @param models   of the manifest
 */
export async function embedSets(names, args, models) {
  const model = models.find(({ id }) => id === args.embedder)
  const modelsDir = join(args['data-dir'], 'models')
  await mkdir(args.cache, { recursive: true })
  const analyzer = createAnalyzer({
    modelsDir,
    manifest: models,
    limits: { maxImageBytes: 20 * 1024 * 1024, maxPixels: 100_000_000, maxSidePx: 20_000 },
  })
  const parts = model.parts?.map((part) => part.model) ?? [args.embedder]
  const hash = JSON.stringify([await hashPipeline(), model.parts, model.judge])
  const modelFingerprint = await computeModelFingerprint(modelsDir, ['mtcnn', ...parts], hash)
  const embedded = {}
  for (const name of new Set(names)) {
    const dataset = await openDataset(args[name], { cacheDir: args.cache })
    const input = { analyzer, dataset, modelId: args.embedder, modelFingerprint }
    const set = await embedDataset({ ...input, cacheDir: args.cache, images: 'all' })
    embedded[name] = { name, people: groupByPerson(set, corrections[name]), embedded: set }
    console.error(
      `${name}: ${set.images.length} photographs, ${set.failures.length} without a face`,
    )
  }
  await analyzer.close()
  return embedded
}
