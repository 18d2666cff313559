import { embeddingOf } from './choose-face.ts'
import { findEmbedder, type RecognitionDependencies } from './dependencies.ts'
import type { EmbedResult, FaceWatcher } from './face-watcher.ts'
import { sumTimings } from './timings.ts'

/** Creates the use case that embeds every face of an image. */
export function createEmbed({
  analyzer,
  defaults,
  models,
}: RecognitionDependencies): FaceWatcher['embed'] {
  return async (image, options = {}): Promise<EmbedResult> => {
    const model = findEmbedder(models, options.modelId ?? defaults.embedderId)
    const { faces, timings, ...facts } = await analyzer.analyze(image, {
      detector: { ...defaults.detector, ...options.detector },
      embedder: model.id,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    return {
      ...facts,
      modelId: model.id,
      dimension: model.dimension ?? 0,
      faces: faces.map((face) => ({
        detection: face.detection,
        quality: face.quality,
        reasons: face.comparability?.reasons ?? [],
        embedding: embeddingOf(face),
      })),
      timings: sumTimings([timings]),
    }
  }
}
