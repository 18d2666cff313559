import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../shared/api/types.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'

const most = 3

interface NamesakeDialogProps {
  readonly name: string
  readonly namesakes: readonly Person[]
  readonly onCancel: () => void
  readonly onChoose: (to: Person | 'another') => void
}

/** Names are not unique: the user says whether a known name means the same person. */
export function NamesakeDialog({
  name,
  namesakes,
  onCancel,
  onChoose,
}: NamesakeDialogProps): ReactNode {
  const t = useTranslations('addPhotos')
  const shared = useTranslations('shared')
  return (
    <Dialog title={t('takenTitle', { name })} onCancel={onCancel}>
      <p>{t('takenText')}</p>
      <div className="dialog-actions stacked">
        {namesakes.slice(0, most).map((person) => (
          <button
            key={person.id}
            type="button"
            className={namesakes.length === 1 ? 'primary' : ''}
            onClick={() => onChoose(person)}
          >
            {t('samePerson', { name: person.name, count: person.faceCount })}
          </button>
        ))}
        <button type="button" onClick={() => onChoose('another')}>
          {t('somebodyElse', { name })}
        </button>
        <button type="button" onClick={onCancel}>
          {shared('cancel')}
        </button>
      </div>
    </Dialog>
  )
}
