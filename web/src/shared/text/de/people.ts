import type { people as en } from '../en/people.ts'
import type { TranslationOf } from '../translation.ts'

export const people: TranslationOf<typeof en> = {
  title: 'Menschen',
  lead: 'Alle, die erfasst sind',
  counts:
    '{persons, plural, one {# Person} other {# Personen}} mit {faces, plural, one {# Gesicht} other {# Gesichtern}}',
  add: 'Erfassen',
  history: 'Verlauf',
  weak: 'Schwer zu finden?',
  twice: 'Doppelt?',
  search: 'Nach Namen suchen',
  nobody: 'Noch ist niemand erfasst.',
  nobodyFound: 'Auf niemanden trifft das zu.',
  showEverybody: 'Alle zeigen',
  filters: {
    favourites: 'Favoriten',
    oneFace: 'Nur ein Foto',
    noFaces: 'Kein Foto',
    hidden: 'Ausgeblendete',
  },
  sortedBy: 'Sortiert nach',
  sorts: {
    updated: 'Letzter Änderung',
    name: 'Name',
    faceCount: 'Zahl der Fotos',
    lastSeen: 'Zuletzt gesehen',
    created: 'Erfassung',
  },
  ascending: 'Aufsteigend',
  descending: 'Absteigend',
  appearance: 'Darstellung',
  grid: 'Fotos',
  list: 'Liste',
  shown: '{count, plural, one {# Person} other {# Personen}}',
  shownOfMore:
    '{count, plural, one {# Person} other {# Personen}} geladen; beim Blättern kommen weitere',
  selectHint: '· Strg und Umschalt mit einem Klick oder die Leertaste wählen mehrere aus.',
  select: '{name} auswählen',
  withSelected: 'Mit den Ausgewählten',
  merge: 'Zusammenführen',
  favourite: 'Favorit',
  noFavourite: 'Kein Favorit',
  hide: 'Ausblenden',
  unhide: 'Einblenden',
  tags: 'Schlagwörter',
  delete: 'Löschen',
  faceCount: '{count, plural, one {# Foto} other {# Fotos}}',
  neverSeen: 'Nie erkannt',
  lastSeen: 'Gesehen am {date, date, medium}',
  changed: 'Geändert am {date, date, medium}',
  isFavourite: 'Favorit',
  isHidden: 'Ausgeblendet',
  deleteTitle: '{name} löschen?',
  deleteText:
    'Die Person und {count, plural, one {# Gesicht} other {# Gesichter}} verschwinden sofort aus jeder Suche. Einige Tage lang können Sie das rückgängig machen.',
  deleted: '{name} wurde gelöscht.',
  deleteManyTitle: '{count, plural, one {# Person} other {# Personen}} löschen?',
  deleteManyText:
    'Sie und ihre Gesichter verschwinden sofort aus jeder Suche. Einige Tage lang können Sie das rückgängig machen.',
  manyDeleted: '{count, plural, one {# Person wurde} other {# Personen wurden}} gelöscht.',
  manyChanged: '{count, plural, one {# Person wurde} other {# Personen wurden}} geändert.',
  failedTitle:
    '{count, plural, one {# Person konnte} other {# Personen konnten}} nicht geändert werden',
  tagsTitle: 'Schlagwörter von {count, plural, one {# Person} other {# Personen}}',
  tagFields: {
    add: 'Schlagwörter hinzufügen',
    remove: 'Schlagwörter entfernen',
    key: 'Anderes Feld',
    value: 'Sein Wert',
  },
  tagsHint:
    'Setzen Sie Kommas zwischen Schlagwörter. Ein Feld ohne Wert wird entfernt; andere Felder bleiben.',
  apply: 'Anwenden',
  asHard:
    'Diese Sammlung ist so schwierig wie die Fotos, mit denen das Modell gemessen wurde ({times, number, ::.0} Mal so viele ähnliche; {pairs, number} Paare von {persons} Menschen).',
  harder:
    'Diese Sammlung ist {times} Mal schwieriger als die Fotos, mit denen das Modell gemessen wurde ({pairs, number} Paare von {persons} Menschen); von Fremden derselben Kamera bekämen ohne die Verschiebung der Schwelle etwa {percent} % einen Namen.',
}
