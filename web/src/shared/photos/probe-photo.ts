import { createKey } from '../api/client.ts'

/** A photo of which the user wants to know who is in it; it lives as long as the tab. */
export interface ProbePhoto {
  readonly id: string
  readonly name: string
  readonly blob: Blob
}

/** Gives photos the ids by which they are told apart: names are not unique. */
export function createProbePhotos(
  files: readonly { readonly name: string; readonly blob: Blob }[],
): readonly ProbePhoto[] {
  return files.map(({ name, blob }) => ({ id: createKey(), name, blob }))
}
