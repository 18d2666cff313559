import { type ReactNode, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { type ApiProblem, asProblem } from '../../shared/api/problem.ts'
import type { SignIn } from '../../shared/api/sign-in.ts'
import { problemText } from '../../shared/feedback/problem-text.ts'

/** Who has signed in with this browser, and signing out. Nothing where nobody has. */
export function Account({ signIn }: { readonly signIn: SignIn }): ReactNode {
  const t = useTranslations('access')
  const problems = useTranslations('problems')
  const info = useSyncExternalStore(signIn.subscribe, signIn.info)
  const [problem, setProblem] = useState<ApiProblem>()
  if (info?.session === undefined || info.caller === undefined) return null
  const { actor, scopes } = info.caller

  const leave = async (everywhere: boolean) => {
    try {
      const providerUrl = await signIn.signOut(everywhere)
      // Also because what was on the screen, and is in memory, is not for who comes next.
      if (providerUrl === undefined) location.reload()
      else location.assign(providerUrl)
    } catch (error) {
      setProblem(asProblem(error))
    }
  }

  return (
    <section className="account" aria-label={t('account')}>
      <p>
        {t.rich('signedIn', { name: actor.name, b: (text) => <b>{text}</b> })}
        <br />
        <small>{t('scopes', { scopes: scopes.join(', ') })}</small>
      </p>
      {problem && <p role="alert">{problemText(problems, problem)}</p>}
      <button type="button" onClick={() => void leave(false)}>
        {t('signOut')}
      </button>
      <button type="button" onClick={() => void leave(true)}>
        {t('signOutEverywhere')}
      </button>
    </section>
  )
}
