import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useSlowText } from '../../shared/feedback/use-slow-text.ts'
import { nothingSelected, type Selection } from '../../shared/grid/selection.ts'
import { SelectionTool, SelectionTools } from '../../shared/grid/selection-tools.tsx'
import { BulkDialog } from './bulk-dialog.tsx'
import type { SelectionTask } from './selection-task.ts'
import { useBulk } from './use-bulk.ts'
import type { People } from './use-people.ts'

/** More persons are not merged at once: one survives, and up to a hundred others. */
const mostMerged = 101

interface SelectionBarProps {
  readonly people: People
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
  readonly task: SelectionTask | undefined
  readonly onTask: (task: SelectionTask | undefined) => void
}

/** How many there are; in its place, while some are chosen, what can be done with them. */
export function SelectionBar(props: SelectionBarProps): ReactNode {
  const { people, selection, onSelect, task, onTask } = props
  const t = useTranslations('people')
  const { persons = [] } = people
  const ids = [...selection.ids]
  const bulk = useBulk({
    persons,
    onFailures: (failures) => onTask({ kind: 'failures', failures }),
  })
  const chosen = persons.filter(({ id }) => selection.ids.has(id))
  const areFavourites = chosen.length > 0 && chosen.every(({ favourite }) => favourite)
  const areHidden = chosen.length > 0 && chosen.every(({ hidden }) => hidden)
  const counted =
    people.persons === undefined
      ? ''
      : t(people.hasMore ? 'shownOfMore' : 'shown', { count: persons.length })
  const spoken = useSlowText(counted, 800)

  return (
    <>
      <SelectionTools
        label={t('withSelected')}
        count={ids.length}
        idle={
          <>
            {counted} <span className="selection-hint">{t('selectHint')}</span>
          </>
        }
        onClear={() => onSelect(nothingSelected)}
      >
        <SelectionTool
          icon="merge"
          label={t('merge')}
          isDisabled={ids.length < 2 || ids.length > mostMerged}
          onPress={() => onTask({ kind: 'merge', ids })}
        />
        <SelectionTool
          icon="star"
          label={t(areFavourites ? 'noFavourite' : 'favourite')}
          isDisabled={bulk.isPending}
          onPress={() => bulk.update(ids, { favourite: !areFavourites })}
        />
        <SelectionTool
          icon={areHidden ? 'eye' : 'hidden'}
          label={t(areHidden ? 'unhide' : 'hide')}
          isDisabled={bulk.isPending}
          onPress={() => bulk.update(ids, { hidden: !areHidden })}
        />
        <SelectionTool icon="tag" label={t('tags')} onPress={() => onTask({ kind: 'tags', ids })} />
        <SelectionTool
          icon="trash"
          label={t('delete')}
          onPress={() => onTask({ kind: 'delete', ids })}
        />
      </SelectionTools>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
      {task && (
        <BulkDialog
          task={task}
          persons={persons}
          bulk={bulk}
          onClose={() => onTask(undefined)}
          onGone={() => onSelect(nothingSelected)}
        />
      )}
    </>
  )
}
