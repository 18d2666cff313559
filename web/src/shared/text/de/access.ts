import type { access as en } from '../en/access.ts'
import type { TranslationOf } from '../translation.ts'

export const access: TranslationOf<typeof en> = {
  title: 'Anmelden',
  label: 'API-Schlüssel',
  refused:
    'Der Server hat diesen Schlüssel nicht angenommen. Prüfen Sie ihn und versuchen Sie es erneut.',
  wait: 'Zu viele Versuche sind fehlgeschlagen. Warten Sie {seconds, plural, one {# Sekunde} other {# Sekunden}} und versuchen Sie es dann erneut.',
  protected:
    'Dieser Server ist geschützt. Geben Sie den Schlüssel ein, den Sie vom Betreiber haben.',
  kept: 'Der Browser behält ihn nicht: Sie bleiben angemeldet, bis Sie sich abmelden oder diese Seite eine Weile nicht benutzen.',
  continue: 'Anmelden',
  byProvider: 'Mit {name} anmelden',
  account: 'Angemeldet',
  signedIn: 'Angemeldet als <b>{name}</b>',
  scopes: 'Darf: {scopes}',
  signOut: 'Abmelden',
  signOutEverywhere: 'Überall abmelden',
}
