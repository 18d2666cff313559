import type { RecognitionDependencies } from './dependencies.ts'
import type { DetectResult, FaceWatcher } from './face-watcher.ts'
import { sumTimings } from './timings.ts'

/** Creates the use case that finds the faces of an image. */
export function createDetect({
  analyzer,
  defaults,
}: RecognitionDependencies): FaceWatcher['detect'] {
  return async (image, options = {}): Promise<DetectResult> => {
    const { faces, timings, ...facts } = await analyzer.analyze(image, {
      detector: { ...defaults.detector, ...options.detector },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    return {
      ...facts,
      faces: faces.map(({ detection, quality }) => ({ detection, quality })),
      timings: sumTimings([timings]),
    }
  }
}
