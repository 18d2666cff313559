import { createHash } from 'node:crypto'
import type { ModelRecord } from './manifest-types.ts'
import { SourceError } from './sources/source-error.ts'

/**
 * @throws {SourceError} when the built files are not those that the record names
 */
export function assertBuilt(record: ModelRecord, files: ReadonlyMap<string, Uint8Array>): void {
  for (const { name, sha256 } of record.files) {
    const bytes = files.get(name)
    if (!bytes) throw new SourceError(`builder ${record.builder} does not make ${name}`)
    const actual = createHash('sha256').update(bytes).digest('hex')
    if (sha256 !== undefined && actual !== sha256) {
      throw new SourceError(
        `the built ${name} is not the expected one (its sha256 is ${actual}, expected ${sha256})`,
      )
    }
  }
}

/** Lists differences between installed files and the record, one text each. */
export function differsFromManifest(
  record: ModelRecord,
  files: readonly { readonly name: string; readonly sha256: string }[],
): string[] {
  return record.files.flatMap(({ name, sha256 }) => {
    const file = files.find((candidate) => candidate.name === name)
    if (!file) return [`${name} is missing`]
    return sha256 !== undefined && sha256 !== file.sha256 ? [`${name} is of another version`] : []
  })
}
