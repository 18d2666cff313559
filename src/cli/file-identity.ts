import { type BigIntStats, statSync } from 'node:fs'

/** Device and number of a file or folder: the same whatever path or link leads to it. */
export function toIdentity({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`
}

/** What a path leads to; `undefined` where nothing is, or it may not be looked at. */
export function statOrUndefined(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}
