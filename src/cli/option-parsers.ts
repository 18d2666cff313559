import { InvalidArgumentError } from 'commander'
import type { Metadata } from '../storage/ports/persons.ts'
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

/** What `--metadata` takes. */
export const metadataHelp = 'key=value, or a JSON object; can be given several times'

/**
 * Collects `--metadata`: `key=value`, whose value is text, or a JSON object.
 *
 * @param earlier  what the flag collected before
 */
export function parseMetadataOption(text: string, earlier: Metadata = {}): Metadata {
  if (text.trimStart().startsWith('{')) return { ...earlier, ...parseJsonObject(text) }
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected key=value or a JSON object.')
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) }
}

function parseJsonObject(text: string): Metadata {
  try {
    return JSON.parse(text) as Metadata
  } catch {
    throw new InvalidArgumentError('It is not valid JSON.')
  }
}

/** Collects the values of a flag that can be given several times. */
export function collectOption(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text]
}
