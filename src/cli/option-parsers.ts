import { InvalidArgumentError } from 'commander'

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
