import type { problems as en } from '../en/problems.ts'
import type { TranslationOf } from '../translation.ts'
import { photos } from './photos.ts'

export const problems: TranslationOf<typeof en> = {
  unreachable: 'Der Server ist nicht erreichbar. Prüfen Sie, ob Face Watcher läuft.',
  overloaded: 'Der Server ist ausgelastet. Versuchen Sie es gleich noch einmal.',
  rateLimited: 'Zu viele Anfragen auf einmal. Versuchen Sie es gleich noch einmal.',
  storeBusy: 'Die Datenbank ist beschäftigt. Versuchen Sie es gleich noch einmal.',
  storeUnavailable: 'Die Datenbank ist nicht erreichbar. Versuchen Sie es gleich noch einmal.',
  workerFailed: 'Der Server konnte dieses Foto nicht auswerten. Versuchen Sie es erneut.',
  notReady: 'Der Server startet oder hält gerade an. Versuchen Sie es gleich noch einmal.',
  unauthorized: 'Dieser Server will wissen, wer Sie sind.',
  missingScope: 'Das ist Ihnen nicht erlaubt.',
  forbidden: 'Das ist hier nicht erlaubt, oder nicht Ihnen.',
  crossSite: 'Sie wurden ab- oder als jemand anderes angemeldet. Laden Sie die Seite neu.',
  tooManyAttempts:
    'Zu viele Versuche sind fehlgeschlagen. Warten Sie eine Weile und versuchen Sie es dann erneut.',
  signInUnavailable: 'Der Anmeldedienst ist nicht erreichbar. Versuchen Sie es gleich noch einmal.',
  collectionNotFound: 'Diese Sammlung gibt es nicht mehr.',
  personNotFound: 'Diese Person gibt es nicht mehr.',
  faceNotFound: 'Dieses Gesicht gibt es nicht mehr.',
  strangerNotFound: 'Diese unbekannte Person gibt es nicht mehr.',
  jobNotFound: 'Diesen Auftrag gibt es nicht mehr.',
  historyEntryNotFound: 'Diese Änderung steht nicht mehr im Verlauf.',
  undoRefused: 'Das lässt sich nicht mehr rückgängig machen: Es wurde inzwischen wieder geändert.',
  personExists: 'Eine Person mit diesem Namen gibt es schon.',
  revisionMismatch: 'Jemand anderes hat das inzwischen geändert.',
  faceOfPerson:
    'Dieses Gesicht ist als diese Person erfasst. Löschen Sie es dort oder verschieben Sie es.',
  notComparable: 'Dieses Gesicht lässt sich nicht vergleichen: Nehmen Sie ein besseres Foto.',
  payloadTooLarge: 'Das Bild ist größer, als der Server erlaubt.',
  storeFull: 'Die Festplatte des Servers ist voll; nichts wurde gespeichert.',
  internal: 'Auf dem Server ist etwas schiefgegangen. Versuchen Sie es erneut.',
  unsupportedImage: photos.rejections.unsupportedImage,
  corruptImage: photos.rejections.corruptImage,
  imageTooLarge: photos.rejections.imageTooLarge,
  emptyImage: photos.rejections.emptyImage,
  noFace: photos.rejections.noFace,
  multipleFaces: photos.rejections.multipleFaces,
  seeTheirs: 'Die andere Änderung ansehen',
  overwrite: 'Meine trotzdem speichern',
}
