import type { people as en } from '../en/people.ts'
import type { TranslationOf } from '../translation.ts'

export const people: TranslationOf<typeof en> = {
  title: 'Menschen',
  lead: 'Alle, die erfasst sind',
  counts:
    '{persons, plural, one {# Person} other {# Personen}} mit {faces, plural, one {# Gesicht} other {# Gesichtern}}',
  add: 'Erfassen',
  search: 'Nach Namen suchen',
  found: '{count, plural, one {# Person} other {# Personen}} gefunden',
  nobody: 'Noch ist niemand erfasst.',
  nobodyNamed: 'Niemand hat einen solchen Namen.',
  row: '{count, plural, one {# Gesicht} other {# Gesichter}} · seit {date, date, medium}',
  faces: 'Gesichter',
  facesOf: 'Gesichter von {name}',
  addPhotos: 'Fotos hinzufügen',
  addPhotosOf: 'Fotos von {name} hinzufügen',
  deleteNamed: '{name} löschen',
  deleteTitle: '{name} löschen?',
  deleteText:
    'Die Person und {count, plural, one {# Gesicht} other {# Gesichter}} verschwinden sofort aus jeder Suche. Einige Tage lang können Sie das rückgängig machen.',
  deleted: '{name} wurde gelöscht.',
  noFace: 'Kein Gesicht ist gespeichert.',
  face: 'Gesicht {number, number}, {date, date, medium}',
  faceSize: '{px, number} px',
  withoutImage: 'ohne Bild',
  deleteFace: 'Gesicht {number, number} von {name} löschen',
  deleteFaceTitle: 'Ein Gesicht von {name} löschen?',
  deleteFaceText:
    'Es wird nicht mehr verglichen. Einige Tage lang können Sie das rückgängig machen.',
  deleteLastFaceText:
    'Es ist das letzte: Die Person bleibt in der Liste, wird aber nicht mehr erkannt. Einige Tage lang können Sie das rückgängig machen.',
  faceDeleted: 'Ein Gesicht von {name} wurde gelöscht.',
  asHard:
    'Diese Sammlung ist so schwierig wie die Fotos, mit denen das Modell gemessen wurde ({times, number, ::.0} Mal so viele ähnliche; {pairs, number} Paare von {persons} Menschen).',
  harder:
    'Diese Sammlung ist {times} Mal schwieriger als die Fotos, mit denen das Modell gemessen wurde ({pairs, number} Paare von {persons} Menschen); von Fremden derselben Kamera bekämen ohne die Verschiebung der Schwelle etwa {percent} % einen Namen.',
}
