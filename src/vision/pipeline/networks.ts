import { join } from 'node:path'
import { FaceError } from '../../core/errors.ts'
import { createJudge } from '../../core/judge.ts'
import type { ModelPart } from '../../models/manifest-types.ts'
import type { RunGate } from '../../platform/workers/run-gate.ts'
import type { Session } from '../runtime.ts'
import { loadSession, shareLargeRuns, spareLargeRuns } from '../runtime.ts'
import type { Detector } from './detectors/detector.ts'
import { detectorId } from './detectors/detector.ts'
import { createMtcnn } from './detectors/mtcnn.ts'
import type { Embedder } from './embedders/embedder.ts'
import { createEmbedder } from './embedders/embedder.ts'
import { createFusedEmbedder, type WeightedEmbedder } from './embedders/fused.ts'
import type { PipelineModel, PipelineSettings } from './pipeline-settings.ts'

/**
 * Least values of a run with which threads that share it gain more than they wait for each other. Measured at widths of 40 to 850: docs/decisions/0007-one-image-many-cores.md
 */
const leastSharedValues = { pyramid: 300_000, pnetLevel: 36_000 }

/** Most values of a run whose graph keeps memory: those of images of 600,000 pixels. */
const mostKeptValues = 3 * 600_000

/** The networks of a pipeline. */
export interface Networks {
  detector(): Promise<Detector>
  embedder(id: string): Promise<Embedder>
}

/** Networks that are loaded when they are first needed, once. */
export function createNetworks(
  { modelsDir, models, threads = 1 }: PipelineSettings,
  gate: RunGate | undefined,
): Networks {
  const loaded = new Map<string, Promise<unknown>>()
  const networks: Networks = {
    detector: () =>
      once(detectorId, async () => {
        const model = findModel(detectorId)
        const [load, pyramid, pnetLevel, rnet, onet] = await Promise.all([
          // Only moves bytes, which a second thread does not make faster.
          loadFile(model, 'load.onnx', 1),
          loadShared(model, 'pyramid.onnx', leastSharedValues.pyramid),
          loadShared(model, 'pnet-level.onnx', leastSharedValues.pnetLevel),
          loadFile(model, 'rnet.onnx'),
          loadFile(model, 'onet.onnx'),
        ])
        return createMtcnn({
          load: spare(model, 'load.onnx', load),
          pyramid: spare(model, 'pyramid.onnx', pyramid),
          pnetLevel,
          rnet,
          onet,
        })
      }),
    embedder: (id) =>
      once(id, async () => {
        const model = findModel(id)
        const embedder = await loadEmbedder(model)
        return model.judge === undefined
          ? embedder
          : { ...embedder, judge: createJudge(model.judge) }
      }),
  }

  return networks

  async function loadEmbedder(model: PipelineModel): Promise<Embedder> {
    if (model.parts !== undefined) return createFusedEmbedder(model, await loadParts(model.parts))
    return createEmbedder(model, await loadFile(model, model.files[0]?.name ?? 'model.onnx'))
  }

  function loadParts(parts: readonly ModelPart[]): Promise<WeightedEmbedder[]> {
    return Promise.all(
      parts.map(async ({ model, weight }) => ({
        embedder: await networks.embedder(model),
        weight,
      })),
    )
  }

  /** Remembers the promise, so that two requests share it, and forgets it when it fails. */
  function once<T>(id: string, load: () => Promise<T>): Promise<T> {
    const known = loaded.get(id)
    if (known !== undefined) return known as Promise<T>
    const promise = load()
    loaded.set(id, promise)
    promise.catch(() => loaded.delete(id))
    return promise
  }

  function findModel(id: string): PipelineModel {
    const model = models.find((each) => each.id === id)
    if (model !== undefined) return model
    throw new FaceError('unknownModel', { info: { model: id } })
  }

  function spare(model: PipelineModel, name: string, usual: Session): Session {
    return spareLargeRuns(usual, () => loadFile(model, name, 1, false), mostKeptValues)
  }

  function loadFile(
    model: PipelineModel,
    name: string,
    share = threads,
    keepsMemory = true,
  ): Promise<Session> {
    return loadSession({
      keepsMemory,
      path: join(modelsDir, model.id, name),
      modelId: model.id,
      sha256: model.files.find((file) => file.name === name)?.sha256,
      threads: share,
      gate,
    })
  }

  async function loadShared(
    model: PipelineModel,
    name: string,
    leastValues: number,
  ): Promise<Session> {
    const shared = await loadFile(model, name)
    if (threads === 1) return shared
    return shareLargeRuns(await loadFile(model, name, 1), shared, leastValues)
  }
}
