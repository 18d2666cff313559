import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../../shared/icons.tsx'
import { FileField } from '../../shared/photos/file-field.tsx'
import { useDrop } from '../../shared/photos/use-drop.ts'
import type { ChosenFile } from './selection.ts'
import './choose-photos.css'

/** Takes a folder, an archive, or photographs with a table, by dialog or by dropping them. */
export function ChoosePhotos({
  onFiles,
}: {
  readonly onFiles: (files: readonly ChosenFile[]) => void
}): ReactNode {
  const t = useTranslations('addMany')
  const { isOver, handlers } = useDrop(onFiles)
  const take = (files: readonly File[]) =>
    onFiles(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for several fields
    <div
      role="group"
      aria-label={t('choose')}
      className={`choose-photos ${isOver ? 'over' : ''}`}
      {...handlers}
    >
      <Icon name="image" />
      <p>{t('drop')}</p>
      <div className="choose-photos-ways">
        <span className="file-button">
          <FileField attributes={{ webkitdirectory: '' }} labelClass="button" onFiles={take}>
            {t('chooseFolder')}
          </FileField>
        </span>
        <span className="file-button">
          <FileField
            attributes={{ multiple: true, accept: 'image/*,.zip,.tar,.tgz,.gz,.csv' }}
            labelClass="button"
            onFiles={take}
          >
            {t('chooseFiles')}
          </FileField>
        </span>
      </div>
      <p className="muted">{t('how')}</p>
    </div>
  )
}
