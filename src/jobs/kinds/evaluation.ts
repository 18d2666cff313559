import { type Static, Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import type { OnProgress } from '../../core/progress.ts'
import type { JsonObject } from '../../storage/ports/jobs.ts'
import type { JobKind } from '../job-kind.ts'
import { parseInput } from './parse-input.ts'

const Input = Type.Object(
  {
    protocol: Type.Enum(['lfw', 'fmr', 'identify', 'promise', 'strangers', 'stress', 'judge']),
    modelId: Type.String(),
    /** Folder of labelled photographs, of the machine. */
    data: Type.String(),
    machine: Type.String(),
  },
  { additionalProperties: false },
)
export type EvaluationInput = Static<typeof Input>

/** Evaluates, and answers what is worth keeping of the result. */
export type Evaluate = (options: {
  readonly onProgress: OnProgress
  readonly signal: AbortSignal
}) => Promise<JsonObject>

/**
 * Measures accuracy on labelled photographs. It takes all cores for minutes or hours, which a server has
 * to have for its callers, so only the command that made the job runs it.
 *
 * @param evaluate  absent in other processes, where a job whose command has ended fails
 */
export function createEvaluation(evaluate?: Evaluate): JobKind<EvaluationInput> {
  return {
    name: 'evaluation',
    parse: (input) => parseInput(Input, input),
    async run(_input, { report, signal }) {
      if (evaluate !== undefined) return evaluate({ onProgress: report, signal })
      throw new FaceError('aborted', {
        detail:
          'The command that evaluates has ended. Run it again: what it has computed of the photographs is kept.',
      })
    },
  }
}
