import type { camera as en } from '../en/camera.ts'
import type { TranslationOf } from '../translation.ts'

export const camera: TranslationOf<typeof en> = {
  camera: 'Kamera',
  numbered: 'Kamera {number, number}',
  start: 'Kamera starten',
  starting: 'Die Kamera startet …',
  stop: 'Anhalten',
  picture: 'Live-Bild der Kamera',
  takeSnapshot: 'Bild aufnehmen',
  noPicture: 'Die Kamera hat noch kein Bild. Versuchen Sie es erneut.',
  fullscreen: 'Vollbild',
  problems: {
    refused: {
      title: 'Die Kamera wurde verweigert',
      text: 'Erlauben Sie die Kamera für diese Seite in den Einstellungen des Browsers und versuchen Sie es erneut. Sie können auch Fotos nehmen.',
    },
    absent: {
      title: 'Keine Kamera gefunden',
      text: 'Schließen Sie eine Kamera an und versuchen Sie es erneut, oder nehmen Sie Fotos.',
    },
    inUse: {
      title: 'Die Kamera wird benutzt',
      text: 'Ein anderes Programm oder ein anderer Tab benutzt die Kamera. Schließen Sie ihn und versuchen Sie es erneut, oder nehmen Sie Fotos.',
    },
    insecure: {
      title: 'Die Kamera braucht eine sichere Seite',
      text: 'Browser erlauben die Kamera nur auf Seiten mit https:// und auf http://localhost. Öffnen Sie diese Seite so, oder nehmen Sie Fotos.',
    },
    lost: {
      title: 'Die Kamera hat angehalten',
      text: 'Sie wurde abgezogen, oder ein anderes Programm hat sie genommen. Versuchen Sie es erneut, oder nehmen Sie Fotos.',
    },
    failed: {
      title: 'Die Kamera ließ sich nicht starten',
      text: 'Versuchen Sie es erneut, oder nehmen Sie Fotos.',
    },
  },
}
