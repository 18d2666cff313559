import type { history as en } from '../en/history.ts'
import type { TranslationOf } from '../translation.ts'

export const history: TranslationOf<typeof en> = {
  title: 'Verlauf',
  lead: 'Jede Änderung an Menschen und Fotos, die neueste zuerst. Jede lässt sich zurücknehmen.',
  nothing: 'Noch wurde nichts geändert.',
  kinds: {
    personCreated:
      '{count, plural, =0 {Erfasst} one {Erfasst mit # Foto} other {Erfasst mit # Fotos}}',
    personUpdated: 'Geändert',
    personDeleted:
      '{count, plural, =0 {Gelöscht} one {Gelöscht mit # Foto} other {Gelöscht mit # Fotos}}',
    personsMerged: '{persons, number} Menschen zusammengeführt',
    facesAdded: '{count, plural, one {# Foto} other {# Fotos}} hinzugefügt',
    facesMoved: '{count, plural, one {# Foto} other {# Fotos}} verschoben',
    faceDeleted: '{count, plural, one {# Foto} other {# Fotos}} gelöscht',
    facesSetAside: '{count, plural, one {# Foto} other {# Fotos}} beiseitegelegt',
    facesRestored: '{count, plural, one {# Foto} other {# Fotos}} zurückgelegt',
    undone: 'Eine Änderung zurückgenommen',
  },
  when: '{date, date, medium}, {date, time, short}, von {actor}.',
  isUndone: 'Zurückgenommen.',
  gone: 'jemand, der gelöscht wurde',
  more: 'und {count, number} weitere',
  details: 'Einzelheiten',
  undo: 'Rückgängig',
  doAgain: 'Wieder ausführen',
  takenBack: 'Die Änderung ist zurückgenommen.',
  doneAgain: 'Die Änderung ist wieder ausgeführt.',
  field: '{field}:',
  faceRecords: '{count, plural, one {# Foto} other {# Fotos}}',
  nothingKept: 'Was vorher war, ist nicht mehr aufgehoben.',
  ofPerson: 'Nur von einer Person',
  onlyOf: 'Nur {name}',
  ofEverybody: 'Von allen',
  choosePerson: 'Wessen Änderungen?',
}
