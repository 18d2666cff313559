import { type Command, Option } from 'commander'
import { probeShiftModes } from '../core/policy.ts'
import type { DecisionPolicyPatch, ProbeShiftMode } from '../core/types.ts'
import { numberOption } from './option-parsers.ts'

export interface PolicyOptions {
  readonly maxFpir?: number
  readonly possibleFpir?: number
  /** `false`: taken back. */
  readonly threshold?: number | false
  /** `false`: taken back. */
  readonly possibleThreshold?: number | false
  readonly probeShift?: ProbeShiftMode
  readonly galleryShift?: boolean
}

/** Options that say how a collection decides. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option('--max-fpir <rate>', 'share of strangers that may match', numberOption(0, 1))
    .option('--possible-fpir <rate>', 'share of strangers shown as possible', numberOption(0, 1))
    .option('--threshold <similarity>', 'similarity of a match, set by hand', numberOption(0, 1))
    .option(
      '--possible-threshold <similarity>',
      'similarity of a possible match, set by hand',
      numberOption(0, 1),
    )
    .addOption(
      new Option(
        '--probe-shift <mode>',
        'whether thresholds rise where strangers are more alike than the model expects',
      ).choices(probeShiftModes),
    )
    .option(
      '--gallery-shift',
      'raise thresholds by what the people of the collection are more alike than the model expects',
    )
}

/** What the options change; `false` takes a threshold back. */
export function toPolicyPatch(options: PolicyOptions): DecisionPolicyPatch {
  const { maxFpir, possibleFpir, threshold, possibleThreshold, probeShift, galleryShift } = options
  const given = {
    maxFpir,
    possibleFpir,
    threshold: threshold === false ? null : threshold,
    possibleThreshold: possibleThreshold === false ? null : possibleThreshold,
    probeShift,
    galleryShift,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
