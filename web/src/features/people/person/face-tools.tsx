import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { setAside } from '../../../shared/api/set-aside.ts'
import { revokeStatement, stateOfFace } from '../../../shared/api/statements.ts'
import type { Face, Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { nothingSelected, type Selection } from '../../../shared/grid/selection.ts'
import { SelectionTool, SelectionTools } from '../../../shared/grid/selection-tools.tsx'
import { DeleteFacesDialog } from './delete-faces-dialog.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { usePersonChange } from './use-person-change.ts'

interface FaceToolsProps {
  readonly person: Person
  readonly faces: readonly Face[]
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** What can be done with the photographs that are chosen. */
export function FaceTools({ person, faces, selection, onSelect }: FaceToolsProps): ReactNode {
  const t = useTranslations('person')
  const app = useApp()
  const [task, setTask] = useState<'move' | 'delete'>()
  const chosen = faces.filter(({ id }) => selection.ids.has(id))
  const ids = chosen.map(({ id }) => id)
  const [only] = ids.length === 1 ? ids : []
  const clear = () => onSelect(nothingSelected)
  const { name, revision } = person

  const cover = usePersonChange(person, { done: () => t('coverSet', { name }), onDone: clear })
  const confirm = useChange({
    send: (faceId: string) => stateOfFace(app, 'confirmations', { person: person.id, faceId }),
    done: () => t('confirmed', { name }),
    undo: (statement) => () => revokeStatement(app, statement),
    onDone: clear,
  })
  const aside = useChange({
    send: (faceIds: readonly string[]) => setAside(app, person.id, faceIds),
    done: ({ faces: outcomes }) => {
      const count = outcomes.filter(({ outcome }) => outcome === 'setAside').length
      const stated = outcomes.filter(({ outcome }) => outcome === 'stated').length
      return stated > 0 ? t('asideSome', { count, stated }) : t('asideDone', { count })
    },
    undo: ({ entryId }) => entryId,
    onDone: clear,
  })

  return (
    <>
      <SelectionTools
        label={t('withSelected')}
        count={ids.length}
        idle={t('chooseHint')}
        onClear={clear}
      >
        <SelectionTool icon="move" label={t('move')} onPress={() => setTask('move')} />
        {only !== undefined && (
          <>
            <SelectionTool
              icon="image"
              label={t('useAsCover')}
              isDisabled={cover.isPending}
              onPress={() => cover.run({ changes: { coverFaceId: only }, revision })}
            />
            <SelectionTool
              icon="check"
              label={t('confirm', { name })}
              isDisabled={confirm.isPending}
              onPress={() => confirm.run(only)}
            />
          </>
        )}
        <SelectionTool
          icon="archive"
          label={t('setAside')}
          isDisabled={aside.isPending}
          onPress={() => aside.run(ids)}
        />
        <SelectionTool icon="trash" label={t('delete')} onPress={() => setTask('delete')} />
      </SelectionTools>
      {task === 'move' && (
        <MoveDialog
          person={person}
          faces={chosen}
          onClose={() => setTask(undefined)}
          onMoved={clear}
        />
      )}
      {task === 'delete' && (
        <DeleteFacesDialog
          person={person}
          faces={chosen}
          onClose={() => setTask(undefined)}
          onDeleted={clear}
        />
      )}
    </>
  )
}
