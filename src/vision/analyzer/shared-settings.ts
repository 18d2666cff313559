import type { PipelineSettings } from '../pipeline/pipeline-settings.ts'

/**
 * Settings as every message to a worker carries them: shared memory, so that a message copies none
 * of them. They hold the judges of all models, hundreds of kilobytes, of which a worker needs one copy.
 */
export type SharedSettings = SharedArrayBuffer

/** Packs settings once for all messages. */
export function shareSettings(settings: PipelineSettings): SharedSettings {
  const bytes = new TextEncoder().encode(JSON.stringify(settings))
  const shared = new SharedArrayBuffer(bytes.length)
  new Uint8Array(shared).set(bytes)
  return shared
}

export function readSettings(shared: SharedSettings): PipelineSettings {
  return JSON.parse(Buffer.from(shared).toString()) as PipelineSettings
}
