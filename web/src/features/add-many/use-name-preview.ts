import { useEffect, useState } from 'react'
import type { PathedPhoto, PhotoSource } from '../../shared/api/bulk-enroll.ts'
import { parsePeopleTable } from './people-table.ts'
import { countSamePhotos } from './same-photos.ts'
import { type NamePreview, previewNames } from './selection.ts'

/** What can be said of photographs before they are sent. */
export interface Preview extends NamePreview {
  readonly photos: readonly PathedPhoto[]
  /** There is a table, of which nothing can be read. */
  readonly isTableBad: boolean
  /** Photographs that are there twice; absent until they are counted. */
  readonly same?: number
}

/** Reads names and duplicates from the files themselves; `undefined` for an archive, which the server reads. */
export function useNamePreview(source: PhotoSource): Preview | undefined {
  const [preview, setPreview] = useState<Preview>()
  useEffect(() => {
    if (source.kind !== 'photos') return
    let gone = false
    const { photos, table } = source
    async function read(): Promise<void> {
      const names = table && parsePeopleTable(await table.text())
      const first = {
        ...previewNames(photos, names ?? new Map()),
        ...{ photos, isTableBad: table !== undefined && names === undefined },
      }
      if (!gone) setPreview(first)
      const same = await countSamePhotos(photos)
      if (!gone) setPreview({ ...first, same })
    }
    void read().catch(() => undefined)
    return () => {
      gone = true
    }
  }, [source])
  return source.kind === 'photos' ? preview : undefined
}
