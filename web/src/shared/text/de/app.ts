import type { app as en } from '../en/app.ts'
import type { TranslationOf } from '../translation.ts'

export const app: TranslationOf<typeof en> = {
  name: 'Face Watcher',
  skip: 'Zum Inhalt springen',
  screens: 'Ansichten',
  collection: 'Sammlung',
  httpApi: 'HTTP-API',
  model: 'Modell {model}',
  settings: {
    title: 'Sprache und Aussehen',
    language: 'Sprache',
    theme: 'Aussehen',
    light: 'Hell',
    dark: 'Dunkel',
    system: 'Wie das Gerät',
  },
  connection: {
    lost: 'Der Server ist nicht erreichbar. Prüfen Sie, ob Face Watcher läuft.',
    retrying: 'Alle paar Sekunden wird es erneut versucht.',
    tryNow: 'Jetzt versuchen',
    back: 'Der Server ist wieder da.',
  },
  signIn: 'Anmelden',
  signInDifferently: 'Als jemand anderes anmelden',
  notFound: {
    title: 'Diese Seite gibt es nicht',
    text: 'Die Adresse führt nirgendwohin: Vielleicht ist sie vertippt oder stammt aus einer älteren Version.',
    start: 'Zur Startseite',
  },
  failed: {
    title: 'Diese Seite funktioniert nicht mehr',
    text: 'Laden Sie sie neu. Wenn das nicht hilft, sagen Sie Ihrem Betreiber, was geschehen ist.',
    reload: 'Neu laden',
  },
  privacy: {
    title: 'Was mit den Bildern geschieht',
    identifying:
      '<b>Erkennen:</b> Bilder der Kamera und Fotos gehen nur an diesen Server. Sie werden verglichen und dann vergessen; nichts wird gespeichert.',
    identifyingKept:
      '<b>Erkennen:</b> Bilder der Kamera und Fotos gehen nur an diesen Server. Von Gesichtern, die niemand erfasst hat, behält diese Sammlung {hours, plural, one {# Stunde} other {# Stunden}} lang, was nötig ist, um sie wiederzuerkennen; alles andere wird vergessen.',
    adding:
      '<b>Fotos hinzufügen:</b> Der Name und zu jedem Gesicht das Embedding aus Zahlen, die Lage, die Qualität und ein Fingerabdruck der Datei werden auf diesem Server gespeichert. Das Foto selbst wird nicht gespeichert.',
    addingWithCrops:
      '<b>Fotos hinzufügen:</b> Der Name und zu jedem Gesicht das Embedding aus Zahlen, die Lage, die Qualität und ein Fingerabdruck der Datei werden auf diesem Server gespeichert, dazu ein kleines Bild des Gesichts, da diese Sammlung Ausschnitte behält.',
    deleting:
      '<b>Löschen</b> nimmt die Gesichter einer Person sofort aus jeder Suche; einige Tage lang lässt es sich rückgängig machen, dann werden sie endgültig entfernt. Erfassen Sie Menschen nur mit deren Einwilligung.',
  },
}
