import { assertPolicy, computeThresholds } from '../core/policy.ts'
import type { DecisionPolicy, DecisionPolicyPatch } from '../core/types.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'

/**
 * A policy with its changes; `null` takes a value back to the configuration's.
 *
 * @throws {FaceError} `invalidOption` when the outcome is not valid or the model cannot keep it
 */
export function mergePolicy(
  { models, defaults }: Pick<RecognitionDependencies, 'models' | 'defaults'>,
  modelId: string,
  {
    current,
    patch = {},
  }: { readonly current: DecisionPolicy; readonly patch?: DecisionPolicyPatch | undefined },
): DecisionPolicy {
  const pick = <K extends keyof DecisionPolicy>(key: K): DecisionPolicy[K] => {
    const given = patch[key]
    if (given === undefined) return current[key]
    return given === null ? defaults.policy[key] : (given as DecisionPolicy[K])
  }
  const optional = {
    threshold: pick('threshold'),
    possibleThreshold: pick('possibleThreshold'),
    probeShift: pick('probeShift'),
    galleryShift: pick('galleryShift'),
  }
  const set = Object.entries(optional).filter(([, value]) => value !== undefined)
  const policy: DecisionPolicy = {
    maxFpir: pick('maxFpir'),
    possibleFpir: pick('possibleFpir'),
    ...(Object.fromEntries(set) as Partial<DecisionPolicy>),
  }
  assertPolicy(policy)
  // Throws when the model has no curve and the policy no threshold.
  computeThresholds(policy, findCurve(models, modelId), 0)
  return policy
}
