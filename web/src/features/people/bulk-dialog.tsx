import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../shared/api/types.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { problemText } from '../../shared/feedback/problem-text.ts'
import { MergeDialog } from './merge/merge-dialog.tsx'
import type { SelectionTask } from './selection-task.ts'
import { TagsDialog } from './tags-dialog.tsx'
import type { Bulk, BulkFailure } from './use-bulk.ts'

interface BulkDialogProps {
  readonly task: SelectionTask
  readonly persons: readonly Person[]
  readonly bulk: Bulk
  readonly onClose: () => void
  /** Who was chosen is deleted or merged. */
  readonly onGone: () => void
}

/** The dialog of what is being done with many persons. */
export function BulkDialog({ task, persons, bulk, onClose, onGone }: BulkDialogProps): ReactNode {
  const t = useTranslations('people')
  switch (task.kind) {
    case 'delete': {
      const [only] = task.ids.length === 1 ? persons.filter(({ id }) => id === task.ids[0]) : []
      return (
        <ConfirmDialog
          title={
            only
              ? t('deleteTitle', { name: only.name })
              : t('deleteManyTitle', { count: task.ids.length })
          }
          onCancel={onClose}
          onConfirm={async () => {
            // Who could not be deleted is told in the place of this question.
            const isComplete = await bulk.runAsync(task.ids, { kind: 'delete' })
            onGone()
            if (isComplete) onClose()
          }}
        >
          {t('deleteManyText')}
        </ConfirmDialog>
      )
    }
    case 'merge':
      return <MergeDialog ids={task.ids} onClose={onClose} onMerged={onGone} />
    case 'tags':
      return (
        <TagsDialog
          count={task.ids.length}
          onClose={onClose}
          onApply={(operation) => bulk.runAsync(task.ids, operation)}
        />
      )
    case 'failures':
      return <Failures failures={task.failures} onClose={onClose} />
  }
}

function Failures(props: {
  readonly failures: readonly BulkFailure[]
  readonly onClose: () => void
}): ReactNode {
  const t = useTranslations('people')
  const shared = useTranslations('shared')
  const problems = useTranslations('problems')
  return (
    <Dialog title={t('failedTitle', { count: props.failures.length })} onCancel={props.onClose}>
      <ul className="failures">
        {props.failures.map(({ id, name, problem }) => (
          <li key={id}>
            <strong>
              <bdi>{name}</bdi>
            </strong>{' '}
            {problemText(problems, problem)}
          </li>
        ))}
      </ul>
      <div className="dialog-actions">
        <button type="button" onClick={props.onClose}>
          {shared('close')}
        </button>
      </div>
    </Dialog>
  )
}
