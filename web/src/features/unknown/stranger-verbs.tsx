import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Stranger } from '../../shared/api/types.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { KeyHint } from '../../shared/keyboard/key-hint.tsx'
import { useKeys } from '../../shared/keyboard/use-keys.ts'
import type { StrangerWork } from './use-stranger-work.ts'

interface StrangerVerbsProps {
  readonly stranger: Stranger
  readonly work: StrangerWork
  readonly hasKeys: boolean
  readonly onSkip: () => void
}

/** What can be done with a stranger beside naming it, by one key each. */
export function StrangerVerbs({ stranger, work, hasKeys, onSkip }: StrangerVerbsProps): ReactNode {
  const t = useTranslations('unknown')
  const [discarding, setDiscarding] = useState(false)
  const { status } = stranger
  const act = {
    ignore: () => work.ignore(stranger),
    release: () => work.release(stranger),
    takeBack: () => work.takeBack(stranger),
    discard: () => setDiscarding(true),
  }
  const back = status === 'ignored' ? act.release : act.takeBack
  const keys = {
    i: status === 'shown' ? act.ignore : undefined,
    r: status === 'shown' ? undefined : back,
    d: status === 'assigned' ? undefined : act.discard,
    s: onSkip,
  }
  useKeys(keys, hasKeys)
  return (
    <>
      <div className="stranger-verbs">
        {status === 'shown' && (
          <button type="button" aria-keyshortcuts="I" onClick={act.ignore}>
            {t('ignore')} <KeyHint>I</KeyHint>
          </button>
        )}
        {status !== 'shown' && (
          <button type="button" aria-keyshortcuts="R" onClick={back}>
            {t(status === 'ignored' ? 'release' : 'takeBack')} <KeyHint>R</KeyHint>
          </button>
        )}
        {status !== 'assigned' && (
          <button type="button" aria-keyshortcuts="D" onClick={act.discard}>
            {t('discard')} <KeyHint>D</KeyHint>
          </button>
        )}
        <button type="button" aria-keyshortcuts="S" onClick={onSkip}>
          {t('skip')} <KeyHint>S</KeyHint>
        </button>
      </div>
      {status === 'shown' && <p className="muted stranger-hint">{t('verbsHint')}</p>}
      {discarding && (
        <ConfirmDialog
          title={t('discardTitle')}
          action={t('discard')}
          onCancel={() => setDiscarding(false)}
          onConfirm={async () => {
            setDiscarding(false)
            await work.discard(stranger)
          }}
        >
          {t('discardText', { count: stranger.count })}
        </ConfirmDialog>
      )}
    </>
  )
}
