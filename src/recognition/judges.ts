import { createJudge, type Judge } from '../core/judge.ts'
import type { ModelRecord } from '../models/manifest-types.ts'

/** The judge of a model, `undefined` when none was learned for it. */
export type Judges = (modelId: string) => Judge | undefined

/** Judges of a manifest's models, each prepared when it is first asked for. */
export function createJudges(models: readonly ModelRecord[]): Judges {
  const judges = new Map<string, Judge | undefined>()
  return (modelId) => {
    if (!judges.has(modelId)) {
      const record = models.find((model) => model.id === modelId)?.judge
      judges.set(modelId, record && createJudge(record))
    }
    return judges.get(modelId)
  }
}
