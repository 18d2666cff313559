import type { ApiProblem } from '../api/problem.ts'
import { hasText } from '../text/has-text.ts'
import type { Texts } from '../text/texts.ts'

/**
 * What went wrong and what to do, in a plain sentence or two; for a code that this page does not
 * know, the server's own words.
 */
export function problemText(t: Texts<'problems'>, { code, message }: ApiProblem): string {
  if (!hasText(t, code)) return message
  // The message names the scope, for whoever makes the key.
  return code === 'missingScope' ? `${t('missingScope')} ${message}` : t(code)
}
