import type { Texts } from '../text/texts.ts'

/** How long the rest takes, in the unit that one would say. */
export function remainingText(t: Texts<'jobs'>, seconds: number): string {
  if (seconds < 90) return t('secondsLeft', { count: Math.max(1, Math.round(seconds)) })
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return t('minutesLeft', { count: minutes })
  return t('hoursLeft', { count: Math.round(minutes / 60) })
}
