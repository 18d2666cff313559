import { InvalidArgumentError } from 'commander'
import type { DetectorOptions } from '../vision/analyzer/analyzer-types.ts'

/** A parser of a flag's integer; a wrong one is a usage error that names the range. */
export function integerOption(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum && value <= maximum) {
      return value
    }
    throw new InvalidArgumentError(`It must be an integer from ${minimum} to ${maximum}.`)
  }
}

/** A parser of a flag's number. */
export function numberOption(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`)
  }
}

/** What `--no-read-turned` does. */
export const noReadTurnedHelp = 'do not look for faces that lie on their side or head'

/** The detector's options that flags say; what they leave open comes from the configuration. */
export function toDetector(readTurned: boolean): { readonly detector?: DetectorOptions } {
  return readTurned ? {} : { detector: { readTurned } }
}
