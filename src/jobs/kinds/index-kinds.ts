import { FaceError } from '../../core/errors.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import type { JsonObject } from '../../storage/ports/jobs.ts'
import type { JobKind } from '../job-kind.ts'
import { findCollectionName } from './collection-name.ts'

/** Ids that a result names of each kind of difference; there may be millions. */
const namedIds = 1000

/** What comparing an index tells: how many faces differ, and the ids of the first thousand of each. */
export interface VerifyResult extends JsonObject {
  readonly collection: string
  readonly checked: number
  readonly counts: {
    readonly missing: number
    readonly surplus: number
    readonly different: number
  }
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly different: readonly string[]
}

/**
 * Compares the index of a collection with the database. The index is that of the node that runs the
 * job, except where the search engine is shared.
 */
export function createIndexVerify(useCases: Pick<FaceWatcher, 'as'>): JobKind {
  return {
    name: 'indexVerify',
    parse: parseNothing,
    async run(_input, { caller, job, signal, report }): Promise<VerifyResult> {
      const faceWatcher = useCases.as(caller)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      const onProgress = (done: number, total: number) => report({ stage: 'faces', done, total })
      const found = await faceWatcher.index.verify(collection, { onProgress, signal })
      const { checked, missing, surplus, different } = found
      return {
        ...{ collection, checked },
        counts: {
          missing: missing.length,
          surplus: surplus.length,
          different: different.length,
        },
        missing: missing.slice(0, namedIds),
        surplus: surplus.slice(0, namedIds),
        different: different.slice(0, namedIds),
      }
    },
  }
}

/** Makes the index of a collection, that of the node that runs the job, equal to the database again. */
export function createIndexRebuild(useCases: Pick<FaceWatcher, 'as'>): JobKind {
  return {
    name: 'indexRebuild',
    parse: parseNothing,
    async run(_input, { caller, job, signal, report }) {
      const faceWatcher = useCases.as(caller)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      let faces = 0
      await faceWatcher.index.rebuild(collection, {
        signal,
        onProgress(done, total) {
          faces = done
          report({ stage: 'faces', done, total })
        },
      })
      return { collection, faces }
    },
  }
}

function parseNothing(input: unknown): Record<string, never> {
  if (typeof input === 'object' && input !== null && Object.keys(input).length === 0) return {}
  throw new FaceError('invalidRequest', { detail: 'This kind of job takes no input.' })
}
