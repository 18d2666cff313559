import type { live as en } from '../en/live.ts'
import type { TranslationOf } from '../translation.ts'

export const live: TranslationOf<typeof en> = {
  title: 'Live',
  lead: 'Die Namen folgen den Gesichtern vor der Kamera.',
  nobodyTitle: 'Noch ist niemand erfasst',
  nobodyText: 'Bis dahin sind alle unbekannt.',
  hint: 'Die Namen erscheinen über dem Live-Bild. Die Bilder werden nicht gespeichert.',
  speed: '{framesPerSecond, number, ::.0} Bilder je Sekunde · {delayMs, number, ::.} ms verzögert',
  lookClosely: 'Genau ansehen',
  snapshotName: 'Kamera {time, date, ::Hmmss}',
  people: 'Menschen auf dem Bild',
  inPicture: 'Auf dem Bild',
  startCamera: 'Starten Sie die Kamera, um zu sehen, wer da ist.',
  looking: 'Wird gesucht …',
  guide: {
    open: 'Mit der Kamera erfassen',
    leave: 'Live-Bild',
    lead: 'Ein paar Haltungen, von jeder ein Bild, aufgenommen, wenn es gut ist.',
    title: 'Mit der Kamera erfassen',
    hint: 'Sie werden um ein paar Haltungen gebeten; die Bilder entstehen von selbst.',
    start: 'Starten Sie die Kamera, um zu beginnen.',
    takeNow: 'Jetzt aufnehmen',
    skip: 'Diese Haltung auslassen',
    comparing: 'Wird mit den anderen Bildern verglichen …',
    verdicts: {
      other:
        'Auf dem letzten Bild war jemand anderes; es wurde weggelassen. Ist das erste Bild das falsche, nehmen Sie dieses neu auf.',
      unchecked:
        'Das letzte Bild ließ sich nicht mit den anderen vergleichen: Sehen Sie selbst nach, ob es denselben Menschen zeigt.',
      later:
        'Der Server hat nicht geantwortet. Das letzte Bild wurde weggelassen, da es sich nicht mit den anderen vergleichen ließ.',
    },
    allTaken: 'Das ist alles. Erfassen Sie die Bilder, oder nehmen Sie eines neu auf.',
    pictures: 'Bilder',
    pictureOf: 'Bild: {pose}',
    again: 'Neu',
    againOf: 'Neu aufnehmen: {pose}',
    register: '{count, plural, =0 {Erfassen} one {# Bild erfassen} other {# Bilder erfassen}}',
    whoIsIt: 'Wer ist es?',
    registered:
      '{name}: {count, plural, one {# Bild} other {# Bilder}} erfasst{rejected, plural, =0 {} other {, # nicht genommen}}.',
    poses: {
      front: { name: 'Vorn', ask: 'Sehen Sie gerade in die Kamera.' },
      left: { name: 'Links', ask: 'Drehen Sie den Kopf ein wenig nach links.' },
      right: { name: 'Rechts', ask: 'Drehen Sie den Kopf ein wenig nach rechts.' },
      up: { name: 'Oben', ask: 'Heben Sie das Kinn ein wenig.' },
      down: { name: 'Unten', ask: 'Senken Sie das Kinn ein wenig.' },
    },
    advice: {
      looking: 'Wird gesucht …',
      noFace: 'Kein Gesicht ist auf dem Bild.',
      severalFaces: 'Mehrere Gesichter sind auf dem Bild: Bleiben Sie allein vor der Kamera.',
      comeNearer: 'Kommen Sie näher.',
      addLight: 'Es ist zu dunkel: Licht von vorn hilft.',
      lessLight: 'Es ist zu hell: Vermeiden Sie direktes Licht.',
      holdStill: 'Halten Sie still.',
      lookStraight: 'Sehen Sie gerade in die Kamera.',
      turnMore: 'Ein wenig mehr.',
      turnLess: 'Ein wenig weniger.',
      good: 'Gut. Halten Sie still.',
    },
  },
}
