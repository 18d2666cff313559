import { type Static, Type } from 'typebox'
import type { JobKind } from '../job-kind.ts'
import { parseInput } from './parse-input.ts'

const Input = Type.Object(
  { modelId: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
)
type Input = Static<typeof Input>

export interface ModelInstallKindOptions {
  /** Fetches and builds a model of the manifest on this machine; one that is there is checked. */
  readonly installModel: (
    modelId: string,
    options: {
      readonly signal: AbortSignal
      /** @param fraction  how far it is, 0 to 1 */
      readonly onProgress: (fraction: number) => void
    },
  ) => Promise<void>
}

/**
 * Installs a model in the data directory of the process that runs the job. Where it is fetched from is
 * the manifest's, never the caller's. Another attempt begins again.
 */
export function createModelInstall({ installModel }: ModelInstallKindOptions): JobKind<Input> {
  return {
    name: 'modelInstall',
    parse: (input) => parseInput(Input, input),
    async run({ modelId }, { signal, report }) {
      const onProgress = (fraction: number) =>
        report({ stage: 'percent', done: Math.floor(fraction * 100), total: 100 })
      onProgress(0)
      await installModel(modelId, { signal, onProgress })
      return { modelId }
    },
  }
}
