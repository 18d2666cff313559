import type { jobs as en } from '../en/jobs.ts'
import type { TranslationOf } from '../translation.ts'

export const jobs: TranslationOf<typeof en> = {
  states: {
    queued: 'Wartet',
    running: 'Läuft',
    paused: 'Angehalten',
    done: 'Fertig',
    failed: 'Gescheitert',
    cancelled: 'Abgebrochen',
  },
  wanted: { paused: 'Wird angehalten', cancelled: 'Wird abgebrochen' },
  stages: {
    faces: 'Gesichter',
    comparisons: 'Vergleich',
    photographs: 'Fotos',
    crops: 'Bilder der Gesichter',
  },
  kinds: {
    bulkEnroll: 'Viele Fotos hinzufügen',
    indexVerify: 'Index prüfen',
    indexRebuild: 'Index neu aufbauen',
    modelMigration: 'Zu einem anderen Modell wechseln',
    modelErasure: 'Das andere Modell löschen',
    galleryReport: 'Sammlung untersuchen',
    mergeSuggestions: 'Doppelt erfasste Personen suchen',
    galleryExport: 'Exportieren',
    galleryImport: 'Importieren',
    galleryCopy: 'Aus einer anderen Datenbank kopieren',
    seedImport: 'Vom ersten face-watcher importieren',
    evaluation: 'Auswertung',
  },
  done: '{done, number} erledigt',
  doneOf: '{done, number} von {total, number}',
  secondsLeft: 'noch etwa {count, plural, one {# Sekunde} other {# Sekunden}}',
  minutesLeft: 'noch etwa {count, plural, one {# Minute} other {# Minuten}}',
  hoursLeft: 'noch etwa {count, plural, one {# Stunde} other {# Stunden}}',
  pause: 'Anhalten',
  resume: 'Fortsetzen',
  again: 'Erneut versuchen',
  cancel: 'Abbrechen',
  remove: 'Entfernen',
}
