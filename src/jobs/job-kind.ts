import type { FaceWatcher } from '../recognition/face-watcher.ts'
import type { Job, JsonObject, NewJobItem } from '../storage/ports/jobs.ts'

/** What an attempt at a job works with. */
export interface JobContext {
  readonly job: Job
  /** The use cases for who made the job. */
  readonly faceWatcher: FaceWatcher
  /** Aborted when the attempt has to end; what is thrown after that is no failure of the job. */
  readonly signal: AbortSignal
  /** What the attempt before saved last. */
  readonly checkpoint?: JsonObject
  /** A part of the file that is kept with the job. */
  getPart(part: number): Promise<Uint8Array | undefined>
  /** Tells how far the work is; cheap, as it is written about once a second. */
  report(stage: string, done: number, total?: number): void
  /**
   * Writes from where the work goes on after an interruption, with what became of things since the
   * last time: both or nothing.
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
