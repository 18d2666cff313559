import type { faces as en } from '../en/faces.ts'
import type { TranslationOf } from '../translation.ts'

export const faces: TranslationOf<typeof en> = {
  unknown: 'Unbekannt',
  maybe: 'vielleicht {name}',
  cannotTell: 'Nicht zu sagen',
  none: 'Kein Gesicht auf dem Bild.',
  nobodyToCompare: 'Niemand zum Vergleichen da',
  nobodyAlike: 'Niemand Erfasstes sieht ähnlich genug aus.',
  similarity: 'Ähnlichkeit {similarity, number, ::.00}',
  oneLooksSo: 'Etwa 1 von {count, number} Fremden sieht so ähnlich aus.',
  fewerLookSo: 'Weniger als 1 von {count, number} Fremden sieht so ähnlich aus.',
  everybodyLooksSo: 'Die meisten Fremden sehen so ähnlich aus.',
  summary: 'Auf dem Bild: {people}.',
  unknownPeople: '{count, plural, one {# unbekannte Person} other {# unbekannte Personen}}',
  incomparable:
    '{count, plural, one {# Gesicht, das sich nicht vergleichen lässt} other {# Gesichter, die sich nicht vergleichen lassen}}',
}
