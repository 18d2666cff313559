import { findParts } from './manifest.ts'
import type { Manifest } from './manifest-types.ts'

/** What has to be fetched for a model. */
export interface Download {
  /** Of all packages, where the manifest knows them. */
  readonly bytes?: number
}

/**
 * What a machine fetches to install a model.
 *
 * @returns undefined for a model that the user has to bring as a file
 * @throws {FaceError} `unknownModel`
 */
export function findDownload(manifest: Manifest, id: string): Download | undefined {
  let bytes: number | undefined = 0
  for (const { sources } of findParts(manifest, id)) {
    const source = sources.find(({ kind }) => kind !== 'file')
    if (source === undefined) return undefined
    const size: number | undefined = 'bytes' in source ? source.bytes : undefined
    bytes = bytes === undefined || size === undefined ? undefined : bytes + size
  }
  return bytes === undefined ? {} : { bytes }
}
