import { type Command, InvalidArgumentError } from 'commander'
import { isFaceError } from '../core/errors.ts'
import {
  defaultKeepUnknown,
  type KeepUnknownPatch,
  patchKeepUnknown,
} from '../core/keep-unknown.ts'
import type { Collection } from '../storage/ports/collections.ts'

export interface KeepUnknownOptions {
  /** `false`: nothing is kept any more. */
  readonly keepUnknown?: NonNullable<KeepUnknownPatch> | false | undefined
}

/** The option that says what a collection keeps of strangers. */
export function addKeepUnknownOption(command: Command): Command {
  return command.option(
    '--keep-unknown <setting=value>',
    'keep faces that nobody enrolled has: hours=72, ignoredHours=720, maxSightings=50000, crops=on; can be given several times',
    addSetting,
  )
}

function addSetting(
  text: string,
  previous: NonNullable<KeepUnknownPatch> | false = {},
): NonNullable<KeepUnknownPatch> {
  const [name = '', value = ''] = text.split('=', 2)
  if (!Object.hasOwn(defaultKeepUnknown, name)) {
    throw new InvalidArgumentError(
      `Expected SETTING=VALUE with one of ${Object.keys(defaultKeepUnknown).join(', ')}.`,
    )
  }
  const read =
    name === 'crops' ? readSwitch(value) : value.trim() === '' ? Number.NaN : Number(value)
  const patch = { ...(previous || {}), [name]: read }
  try {
    patchKeepUnknown(undefined, patch, defaultKeepUnknown)
    return patch
  } catch (error) {
    if (!isFaceError(error, 'invalidOption')) throw error
    throw new InvalidArgumentError(error.detail ?? error.message)
  }
}

function readSwitch(value: string): boolean {
  if (value === 'on' || value === 'off') return value === 'on'
  throw new InvalidArgumentError('crops is on or off.')
}

/** What the option changes. */
export function toKeepUnknown({ keepUnknown }: KeepUnknownOptions): {
  readonly keepUnknown?: KeepUnknownPatch
} {
  if (keepUnknown === undefined) return {}
  return { keepUnknown: keepUnknown === false ? null : keepUnknown }
}

/** A line of what a collection keeps of strangers. */
export function describeKeepUnknown({ keepUnknown }: Pick<Collection, 'keepUnknown'>): string {
  if (keepUnknown === undefined) return 'not kept'
  const { hours, ignoredHours, maxSightings, crops } = keepUnknown
  const pictures = crops ? 'with crops' : 'without crops'
  return `kept for ${hours} h, those who are ignored for ${ignoredHours} h, at most ${maxSightings} sightings, ${pictures}`
}
