import type { identify as en } from '../en/identify.ts'
import type { TranslationOf } from '../translation.ts'

export const identify: TranslationOf<typeof en> = {
  title: 'Erkennen',
  lead: 'Wer ist vor der Kamera oder auf einem Foto?',
  source: 'Bild von',
  camera: 'Kamera',
  photo: 'Foto',
  nobodyTitle: 'Noch ist niemand erfasst',
  nobodyText: 'Bis dahin sind alle unbekannt.',
  addSomeone: 'Jemanden erfassen',
  cameraHint: 'Die Namen erscheinen über dem Live-Bild. Die Bilder werden nicht gespeichert.',
  perFrame: '{ms, number} ms je Bild',
  people: 'Menschen auf dem Bild',
  inPicture: 'Auf dem Bild',
  startCamera: 'Starten Sie die Kamera, um zu sehen, wer da ist.',
  looking: 'Wird gesucht …',
  noFaceLive: 'Kein Gesicht auf dem Bild.',
  choose: 'Foto wählen',
  chooseOther: 'Anderes Foto wählen',
  chooseFirst: 'Wählen Sie ein Foto, um zu sehen, wer darauf ist.',
  photoNamed: 'Foto {name}',
  noFacePhoto: 'Es wurde kein Gesicht gefunden. Versuchen Sie ein größeres oder schärferes Foto.',
  omitted:
    '{count, plural, one {# kleineres Gesicht wurde nicht betrachtet.} other {# kleinere Gesichter wurden nicht betrachtet.}}',
  unknown: 'Unbekannt',
  maybe: 'vielleicht {name}',
  cannotTell: 'Nicht zu sagen',
  nobodyToCompare: 'Niemand zum Vergleichen da',
  closest: 'Größte Ähnlichkeit {similarity, number, ::.00}',
  similarity: 'Ähnlichkeit {similarity, number, ::.00}',
  similarityWithRate: 'Ähnlichkeit {similarity, number, ::.00} · unter Fremden bei {rate} Paaren',
  summary: 'Auf dem Bild: {people}.',
  unknownPeople: '{count, plural, one {# unbekannte Person} other {# unbekannte Personen}}',
  incomparable:
    '{count, plural, one {# Gesicht, das sich nicht vergleichen lässt} other {# Gesichter, die sich nicht vergleichen lassen}}',
}
