import { type DragEvent, useState } from 'react'
import type { PathedPhoto } from '../api/bulk-enroll.ts'
import { readDropped } from './dropped-files.ts'

/** A place that files are dropped on. */
interface DropPlace {
  /** Files are held over it. */
  readonly isOver: boolean
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void
    readonly onDragLeave: () => void
    readonly onDrop: (event: DragEvent) => void
  }
}

/** Takes files that are dropped, with those of folders at any depth. */
export function useDrop(onFiles: (files: readonly PathedPhoto[]) => void): DropPlace {
  const [isOver, setOver] = useState(false)
  return {
    isOver,
    handlers: {
      onDragOver: (event) => {
        event.preventDefault()
        setOver(true)
      },
      onDragLeave: () => setOver(false),
      onDrop: (event) => {
        event.preventDefault()
        setOver(false)
        void readDropped(event.dataTransfer).then((files) => {
          if (files.length > 0) onFiles(files)
        })
      },
    },
  }
}
