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
}
