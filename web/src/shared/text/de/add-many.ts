import type { addMany as en } from '../en/add-many.ts'
import type { TranslationOf } from '../translation.ts'

export const addMany: TranslationOf<typeof en> = {
  title: 'Fotos vieler Menschen hinzufügen',
  lead: 'Ein Ordner je Person, ein Archiv solcher Ordner oder Fotos mit einer Namenstabelle.',
  onePerson: 'Eine Person',
  allJobs: 'Alle Erfassungen',
  choose: 'Zu erfassende Fotos',
  drop: 'Ordner, ein Archiv oder Fotos mit einer Tabelle hierher ziehen',
  chooseFolder: 'Einen Ordner wählen',
  chooseFiles: 'Ein Archiv oder Dateien wählen',
  how: 'Der Ordner, in dem ein Foto liegt, ist der Name der Person. Eine Tabelle (CSV) mit den Spalten „file“ und „name“ nennt die Namen stattdessen. Archive sind zip, tar oder tar.gz.',
  nothing: 'In dem, was Sie gewählt haben, ist kein Foto und kein Archiv.',
  chosen: 'Ihre Auswahl',
  reading: 'Namen werden gelesen …',
  archive:
    '{name}, {megabytes, number, ::.#} MB. Die Prüfung sagt, wer darin ist, bevor etwas gespeichert wird.',
  photosOf:
    '{photos, plural, one {# Foto} other {# Fotos}} von {persons, plural, one {# Person} other {# Menschen}}.',
  photos: '{count, plural, one {# Foto} other {# Fotos}}',
  persons: 'Menschen nach den Namen ihrer Ordner',
  leftOut:
    '{count, plural, one {# Datei ist kein Foto und bleibt weg.} other {# Dateien sind keine Fotos und bleiben weg.}}',
  same: '{count, plural, one {# Foto ist doppelt da; es wird einmal erfasst.} other {# Fotos sind doppelt da; jedes wird einmal erfasst.}}',
  badTable:
    'Die Tabelle hat keine Spalten „file“ und „name“. Ohne sie kommen die Namen von den Ordnern.',
  nameless:
    '{count, plural, one {# Foto liegt in keinem Ordner: Niemand weiß, wen es zeigt, und es wird abgelehnt.} other {# Fotos liegen in keinem Ordner: Niemand weiß, wen sie zeigen, und sie werden abgelehnt.}}',
  check: 'Erst prüfen',
  checkHint:
    'Die Prüfung sieht sich jedes Foto an und speichert nichts: Sie sagt, wer neu ist, was schon da ist und was abgelehnt würde.',
  enrolNow: 'Ohne Prüfung erfassen',
  others: 'Andere wählen',
  back: 'Zurück',
  sending: 'Die Fotos werden gesendet … Lassen Sie die Seite offen, bis sie angekommen sind.',
  tooLarge:
    'Das ist mehr, als der Server auf einmal nimmt (256 MB, wenn der Betreiber nicht mehr erlaubt). Wählen Sie einen Teil davon.',
  progress: 'Angesehene Fotos',
  checking: 'Prüfung, nichts wird gespeichert',
  enrolling: 'Erfassung',
  goesOn: 'Sie können diese Seite schließen: Der Server macht weiter, auch nach einem Neustart.',
  cancelCheck: 'Die Prüfung hat nichts gespeichert.',
  cancelEnrolment: 'Der Rest wird nicht erfasst. Was bisher erfasst wurde, bleibt.',
  wouldEnrol: '{count, plural, one {# Foto würde erfasst} other {# Fotos würden erfasst}}',
  enrolled: '{count, plural, one {# Foto erfasst} other {# Fotos erfasst}}',
  newPersons: '{count, plural, one {# neue Person} other {# neue Menschen}}',
  alreadyEnrolled: '{count, plural, one {# war schon da} other {# waren schon da}}',
  rejected: '{count, plural, one {# abgelehnt} other {# abgelehnt}}',
  nothingStored: 'Noch ist nichts gespeichert.',
  chooseAgain:
    'Noch ist nichts gespeichert. Die Fotos sind nicht mehr zur Hand: Wählen Sie sie noch einmal, um sie zu erfassen.',
  enrolThese: '{count, plural, one {Dieses Foto} other {Diese # Fotos}} erfassen',
  rejectedTitle: 'Abgelehnte Fotos',
  csv: 'Als CSV herunterladen',
  photo: 'Foto',
  file: 'Datei',
  reason: 'Warum',
  reasons: {
    noName:
      'Nichts sagt, wen dieses Foto zeigt: Es liegt in keinem Ordner, und keine Tabelle nennt es.',
    ambiguousName:
      'Mehrere Menschen heißen so. Geben Sie der richtigen Person eine externe Kennung und nennen Sie diese in einer Tabelle.',
    unreadable: 'Die Datei kann nicht gelesen werden.',
  },
  wouldBe: 'Wer Fotos bekäme',
  people: 'Wer Fotos bekam',
  allPeople: 'Alle Menschen zeigen',
  isNew: 'neu',
  alike: 'Sieht aus wie {names}. Ist es dieselbe Person, führen Sie beide später zusammen.',
  unfinished: 'Nicht fertig',
  finished: 'Zuletzt fertig',
  checkOf: 'Prüfung vom {date, date, medium}, {date, time, short}',
  enrolmentOf: 'Erfassung vom {date, date, medium}, {date, time, short}',
  options: {
    title: 'Optionen',
    duplicates: 'Ein Gesicht, das einer anderen erfassten Person ähnelt',
    warn: 'wird mit einer Warnung erfasst',
    reject: 'wird abgelehnt',
    ignore: 'wird erfasst',
    firstOfName: 'Wo mehrere Menschen so heißen, die Person nehmen, die zuerst erfasst wurde',
    largest: 'Von mehreren Gesichtern auf einem Foto das größte nehmen',
    skipGates:
      'Auch schwache Fotos erfassen (klein, unscharf, dunkel); sie werden weniger sicher gefunden',
  },
}
