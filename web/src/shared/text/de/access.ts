import type { access as en } from '../en/access.ts'
import type { TranslationOf } from '../translation.ts'

export const access: TranslationOf<typeof en> = {
  title: 'API-Schlüssel nötig',
  label: 'API-Schlüssel',
  refused:
    'Der Server hat diesen Schlüssel nicht angenommen. Prüfen Sie ihn und versuchen Sie es erneut.',
  protected:
    'Dieser Server ist geschützt. Geben Sie den Schlüssel ein, den Sie vom Betreiber haben.',
  kept: 'Er bleibt nur in diesem Tab und wird vergessen, wenn Sie ihn schließen.',
  continue: 'Weiter',
}
