import type { PathedPhoto } from '../../shared/api/bulk-enroll.ts'

/** Counts photographs whose bytes are those of another one before them; only files of one size are read. */
export async function countSamePhotos(photos: readonly PathedPhoto[]): Promise<number> {
  const bySize = new Map<number, File[]>()
  for (const { file } of photos) bySize.set(file.size, [...(bySize.get(file.size) ?? []), file])
  let same = 0
  for (const files of bySize.values()) {
    if (files.length < 2) continue
    const seen: Uint8Array[] = []
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer())
      if (seen.some((other) => isEqual(other, bytes))) same++
      else seen.push(bytes)
    }
  }
  return same
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
