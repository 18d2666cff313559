import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { switchModel } from '../../shared/api/second-model.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'

interface SwitchButtonProps {
  /** The second model, which shall answer. */
  readonly modelId: string
  /** Faces without an embedding of it, as far as is known. */
  readonly missing: number
}

/** Lets the second model answer; where faces are missing, after saying so. */
export function SwitchButton({ modelId, missing }: SwitchButtonProps): ReactNode {
  const t = useTranslations('collections.model')
  const app = useApp()
  const [asking, setAsking] = useState(false)
  const change = useChange({
    send: (allowMissing: boolean) => switchModel(app, { modelId, allowMissing }),
    done: () => t('switched', { model: modelId }),
  })
  return (
    <>
      <button
        type="button"
        className="primary"
        disabled={change.isPending}
        onClick={() => (missing > 0 ? setAsking(true) : change.run(false))}
      >
        {t('switchTo', { model: modelId })}
      </button>
      {asking && (
        <ConfirmDialog
          title={t('missingTitle')}
          action={t('switchAnyway')}
          onCancel={() => setAsking(false)}
          onConfirm={async () => {
            await change.runAsync(true).catch(() => undefined)
            setAsking(false)
          }}
        >
          {t('missingText', { count: missing, model: modelId })}
        </ConfirmDialog>
      )}
    </>
  )
}
