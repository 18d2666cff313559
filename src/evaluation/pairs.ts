import { FaceError } from '../core/errors.ts'

/** One comparison of LFW's protocol. */
export interface ProtocolPair {
  /** `Ann/Ann_0001`, without the file's suffix. */
  readonly first: string
  readonly second: string
  /** Whether both show the same person. */
  readonly mated: boolean
  /** Number of the pair's fold, 0 to folds - 1. */
  readonly fold: number
}

export interface PairsProtocol {
  readonly folds: number
  readonly pairs: readonly ProtocolPair[]
}

/**
 * Parses LFW's `pairs.txt`: a line `folds pairs`, then for each fold that many mated pairs
 * (`name i j`) and as many non-mated ones (`name i name j`).
 *
 * @throws {FaceError} `invalidOption` naming the line that is not of this form
 * @source http://vis-www.cs.umass.edu/lfw/README.txt, section "pairs.txt format"
 */
export function parsePairs(text: string): PairsProtocol {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const [folds, perFold] = (lines[0] ?? '').trim().split(/\s+/).map(Number)
  if (!isPositiveInteger(folds) || !isPositiveInteger(perFold)) throw invalidLine(1, lines[0])
  if (lines.length !== 1 + folds * perFold * 2) {
    throw new FaceError('invalidOption', {
      detail: `pairs.txt should have ${1 + folds * perFold * 2} lines, has ${lines.length}.`,
    })
  }
  const pairs = lines.slice(1).map((line, index): ProtocolPair => {
    const fold = Math.floor(index / (2 * perFold))
    const fields = line.trim().split('\t')
    const mated = index % (2 * perFold) < perFold
    if (fields.length !== (mated ? 3 : 4)) throw invalidLine(index + 2, line)
    const [name, first, other, last] = fields as [string, string, string, string?]
    const second = last === undefined ? imageKey(name, other) : imageKey(other, last)
    return { first: imageKey(name, first), second, mated, fold }
  })
  return { folds, pairs }
}

function imageKey(name: string, number: string): string {
  return `${name}/${name}_${number.padStart(4, '0')}`
}

function isPositiveInteger(value: number | undefined): value is number {
  return Number.isInteger(value) && (value as number) > 0
}

function invalidLine(number: number, line: string | undefined): FaceError {
  return new FaceError('invalidOption', {
    detail: `Line ${number} of pairs.txt is not of the protocol's form: ${JSON.stringify((line ?? '').slice(0, 80))}.`,
  })
}
