import { FaceError } from '../../src/core/errors.ts'
import type { JobKinds } from '../../src/jobs/job-kind.ts'
import { createJobKinds, type JobKindsOptions } from '../../src/jobs/kinds/kinds.ts'

/** All kinds of jobs; those that connect to another database cannot. */
export function createTestKinds(
  options: Pick<JobKindsOptions, 'store' | 'faceWatcher'> & Partial<JobKindsOptions>,
): JobKinds {
  const refuse = async () => {
    throw new FaceError('storeUnavailable')
  }
  return createJobKinds({
    ...{ concurrency: 2, maxImageBytes: 1000, storeKind: 'sqlite' },
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    ...{ openCopySource: refuse, openSeedSource: refuse, evaluatePhotographs: refuse },
    installModel: refuse,
    ...options,
  })
}
