import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { deleteFace } from '../../../shared/api/faces.ts'
import { undoEntries } from '../../../shared/api/history.ts'
import type { Face, Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ConfirmDialog } from '../../../shared/dialog/confirm-dialog.tsx'

interface DeleteFacesDialogProps {
  readonly person: Person
  readonly faces: readonly Face[]
  readonly onClose: () => void
  readonly onDeleted: () => void
}

/** Asks before photographs are deleted. */
export function DeleteFacesDialog(props: DeleteFacesDialogProps): ReactNode {
  const { person, faces, onClose, onDeleted } = props
  const t = useTranslations('person')
  const app = useApp()
  const remove = useChange({
    // Each is an entry of the history, which is noted for taking all of them back.
    send: async (ids: readonly string[]): Promise<readonly string[]> => {
      const entries: string[] = []
      for (const id of ids) {
        const entry = await deleteFace(app, person.id, id)
        if (entry !== undefined) entries.push(entry)
      }
      return entries
    },
    done: (_entries, ids) => t('facesDeleted', { name: person.name, count: ids.length }),
    undo: (entries) => (entries.length === 0 ? undefined : () => undoEntries(app, entries)),
    onDone: onDeleted,
  })
  return (
    <ConfirmDialog
      title={t('deleteFacesTitle', { name: person.name, count: faces.length })}
      onCancel={onClose}
      onConfirm={async () => {
        await remove.runAsync(faces.map(({ id }) => id)).catch(() => undefined)
        onClose()
      }}
    >
      {t(faces.length < person.faceCount ? 'deleteFacesText' : 'deleteAllFacesText')}
    </ConfirmDialog>
  )
}
