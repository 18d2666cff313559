import type { CallContext } from '../core/actor.ts'
import type { OnProgress } from '../core/progress.ts'
import type { Job, JobItem, JsonObject, NewJobItem } from '../storage/ports/jobs.ts'

/** What an attempt at a job works with. */
export interface JobContext {
  readonly job: Job
  /** Who made the job, for whom everything is done. */
  readonly caller: CallContext
  /** Aborted when the attempt has to end; what is thrown after that is no failure of the job. */
  readonly signal: AbortSignal
  /** What the attempt before saved last. */
  readonly checkpoint?: JsonObject
  /** A part of the file that is kept with the job. */
  getPart(part: number): Promise<Uint8Array | undefined>
  /** What was saved of things before, by earlier attempts too; oldest first. */
  items(): AsyncGenerator<JobItem, void>
  /** Tells how far the work is; cheap, as it is written about once a second. */
  readonly report: OnProgress
  /**
   * Writes from where the work goes on after an interruption, with what became of things since the
   * last time: both or nothing. It still does when the attempt has to end, unless the job is another
   * node's by then.
   *
   * @throws what {@link signal} was aborted with, when the attempt has to end
   */
  save(checkpoint: JsonObject, items?: readonly NewJobItem[]): Promise<void>
}

/**
 * A kind of long operation. An attempt may end anywhere, with its process; the next one begins again
 * from the last checkpoint, so what was done since has to bear being done twice.
 */
export interface JobKind<Input extends JsonObject = JsonObject> {
  readonly name: string
  /** Checks input that came from outside. @throws {FaceError} `invalidRequest`, `invalidOption` */
  parse(input: unknown): Input
  run(input: Input, context: JobContext): Promise<JsonObject>
}

/** The kinds that a process can run, by name. */
export type JobKinds = ReadonlyMap<string, JobKind>
