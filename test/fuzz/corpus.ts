import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** An input that is kept: it led a parser somewhere new, or was a fault once. */
export interface KeptInput {
  /** Words of why it is kept, one of them `fault` where it was one. */
  readonly why: string
  readonly bytes: Uint8Array
}

function fileOf(parser: string): URL {
  return new URL(`corpus/${parser}.txt`, import.meta.url)
}

/** The inputs that are kept of a parser: a line each, base64 and why. */
export function readCorpus(parser: string): readonly KeptInput[] {
  const file = fileOf(parser)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [base64, ...why] = line.split(' ')
    if (base64 === undefined || why.length === 0) return []
    return [{ why: why.join(' '), bytes: new Uint8Array(Buffer.from(base64, 'base64')) }]
  })
}

/** Replaces what is kept of a parser. */
export function writeCorpus(parser: string, inputs: readonly KeptInput[]): void {
  const lines = inputs.map(({ why, bytes }) => `${Buffer.from(bytes).toString('base64')} ${why}\n`)
  writeFileSync(fileOf(parser), lines.join(''))
}
