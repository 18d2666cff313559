import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { type ApiProblem, asProblem } from '../../shared/api/problem.ts'
import type { SignIn } from '../../shared/api/sign-in.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { problemText } from '../../shared/feedback/problem-text.ts'

interface SignInDialogProps {
  readonly signIn: SignIn
  readonly onAnswer: (signedIn: boolean) => void
}

/** Asks who one is: by a key, or at the provider that the server knows. */
export function SignInDialog({ signIn, onAnswer }: SignInDialogProps): ReactNode {
  const t = useTranslations('access')
  return (
    <Dialog title={t('title')} onCancel={() => onAnswer(false)} mustAnswer>
      <SignInForm signIn={signIn} onAnswer={onAnswer} />
    </Dialog>
  )
}

function SignInForm({ signIn, onAnswer }: SignInDialogProps): ReactNode {
  const t = useTranslations('access')
  const shared = useTranslations('shared')
  const info = useSyncExternalStore(signIn.subscribe, signIn.info)
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])

  const send = async () => {
    setBusy(true)
    try {
      await signIn.withKey(key.trim())
      onAnswer(true)
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
      field.current?.focus()
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (key.trim() !== '' && !busy) void send()
      }}
    >
      <p>
        {t('protected')} {t('kept')}
      </p>
      {info?.provider && (
        <p>
          <a
            className="button primary"
            href={`${info.provider.path}?returnTo=${encodeURIComponent(location.href)}`}
          >
            {t('byProvider', { name: info.provider.name })}
          </a>
        </p>
      )}
      <label className="field">
        <span>{t('label')}</span>
        <input
          ref={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <p role="alert">{problem && <Refusal problem={problem} />}</p>
      <div className="dialog-actions">
        <button type="button" onClick={() => onAnswer(false)}>
          {shared('cancel')}
        </button>
        <button type="submit" className="primary" disabled={key.trim() === '' || busy}>
          {t('continue')}
        </button>
      </div>
    </form>
  )
}

function Refusal({ problem }: { readonly problem: ApiProblem }): ReactNode {
  const t = useTranslations('access')
  const problems = useTranslations('problems')
  if (problem.code === 'unauthorized') return t('refused')
  if (problem.code !== 'tooManyAttempts') return problemText(problems, problem)
  return t('wait', { seconds: Math.ceil((problem.details.retryAfterMs ?? 1000) / 1000) })
}
