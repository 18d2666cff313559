import type { shared as en } from '../en/shared.ts'
import type { TranslationOf } from '../translation.ts'

export const shared: TranslationOf<typeof en> = {
  cancel: 'Abbrechen',
  keep: 'Behalten',
  delete: 'Löschen',
  close: 'Schließen',
  undo: 'Rückgängig',
  tryAgain: 'Erneut versuchen',
  loading: 'Wird geladen …',
  showMore: 'Mehr zeigen',
  messages: 'Meldungen',
  singleKeys: 'Einzelne Tasten wirken überall auf dieser Seite',
  undone: 'Rückgängig gemacht.',
  people: '{count, plural, one {# Person} other {# Personen}}',
  faces: '{count, plural, one {# Gesicht} other {# Gesichter}}',
  oneIn: '1 von {count, number}',
  rarerThanOneIn: 'seltener als 1 von {count, number}',
  asTable: 'Als Tabelle zeigen',
  howMany: 'Wie viele',
  personGone: 'nicht mehr da',
  requestId: 'Anfrage {id}',
  drop: 'oder {count, plural, one {hierher ziehen} other {alle hierher ziehen}}, oder einfügen',
  photoMissing: 'Dieser Browser kann die Datei nicht zeigen',
  photoOf: 'Foto von {name}',
}
