import type { collections as en } from '../en/collections.ts'
import type { TranslationOf } from '../translation.ts'

export const collections: TranslationOf<typeof en> = {
  title: 'Sammlungen',
  lead: 'Eine Sammlung ist eine Galerie von Menschen mit einem Modell und einer Art zu entscheiden.',
  list: 'Alle Sammlungen',
  current: 'Gerade gezeigt',
  create: 'Neue Sammlung',
  counts:
    '{persons, plural, one {# Person} other {# Personen}}, {faces, plural, one {# Gesicht} other {# Gesichter}}',
  columns: {
    name: 'Name',
    people: 'Menschen',
    model: 'Modell',
    policy: 'Entscheidet',
    keeps: 'Behält',
  },
  byRate: 'nach Fehlerrate: ein Name für {count} von 1.000 Fremden',
  byHand: 'nach einer von Hand gesetzten Ähnlichkeit von {threshold}',
  keepsCrops: 'Bilder der Gesichter',
  keepsUnknown: 'Unbekannte',
  keepsNothing: 'nur Zahlen',
  open: 'Einstellungen',
  openOf: 'Einstellungen von {name}',
  parts: {
    label: 'Teile der Sammlung',
    settings: 'Einstellungen',
    model: 'Modell',
    examination: 'Untersuchung',
  },
  back: 'Alle Sammlungen',
  createForm: {
    name: 'Name',
    nameHint: 'Kleinbuchstaben, Ziffern, „_“ und „-“. Er ist Teil von Adressen.',
    model: 'Modell',
    policy: 'Wie vorsichtig soll sie sein?',
    lenient: 'Findet möglichst viele',
    lenientText:
      'Für eigene Fotos, wo ein falscher Name mit einem Klick berichtigt ist. 30 von 1.000 Fremden bekommen einen Namen.',
    standard: 'Ausgewogen',
    standardText:
      'Für Gäste, wenn jemand die Antwort ansieht. 10 von 1.000 Fremden bekommen einen Namen.',
    strict: 'Vorsichtig',
    strictText:
      'Für Anwesenheit, wenn niemand hinsieht. 1 von 1.000 Fremden bekommt einen Namen; mehr Menschen werden nicht erkannt.',
    crops: 'Bilder der Gesichter behalten',
    cropsHint:
      'Um Menschen hier zu erkennen und später zu einem anderen Modell zu wechseln. Sie können es ändern.',
    send: 'Anlegen',
  },
  created: '{name} wurde angelegt.',
  settingsTitle: 'Einstellungen von {name}',
  decisions: {
    title: 'Wie sie entscheidet',
    text: 'Ein Gesicht bekommt einen Namen, wenn es ähnlich genug ist. Die Ähnlichkeit folgt aus dem Fehler, den Sie ertragen, dem Modell und der Zahl der Gesichter.',
    slider: 'Fremde, die einen Namen bekommen, von 1.000',
    sliderValue: '{count} von 1.000',
    field: 'Oder eine Zahl eingeben',
    similarity: 'Nötige Ähnlichkeit',
    strangers: 'Von 1.000 Fremden bekommen einen Namen',
    missed: 'Von 1.000 Suchen nach Erfassten finden sie nicht',
    missedHint:
      'Zu erwarten bei einem Foto je Person, gezählt an den Fotos, mit denen das Modell gemessen wurde. Ein zweites Foto halbiert es ungefähr.',
    now: 'jetzt {value}',
    empty: 'Die Sammlung hat noch kein Gesicht; die Ähnlichkeit steigt, wenn sie wächst.',
    extrapolated:
      'Ein so seltener Fehler wurde nie gezählt: Die Ähnlichkeit ist aus der Kurve des Modells geschätzt.',
    saturated:
      'Bei so wenigen Gesichtern ändert eine größere Zahl nichts: Ein Vergleich ist nie nachsichtiger als 1 von 10.000.',
    byHand:
      'Eine Ähnlichkeit von {threshold} wurde von Hand gesetzt. Sie steigt nicht, wenn die Sammlung wächst; eine Rate tritt an ihre Stelle.',
    byHandForm: {
      title: 'Oder die Ähnlichkeit von Hand setzen',
      text: 'Für ein Modell ohne Kurve, oder um die Regel eines anderen Programms beizubehalten. Sie steigt nicht, wenn die Sammlung wächst.',
      field: 'Ähnlichkeit eines Treffers, 0 bis 1',
      apply: 'Diese Ähnlichkeit verwenden',
      applied:
        'Ein Gesicht bekommt ab einer Ähnlichkeit von {threshold} einen Namen: Das gilt ab der nächsten Suche.',
    },
    chart:
      'Was {model} in einer Sammlung von {count, plural, one {# Gesicht} other {# Gesichtern}} nicht findet',
    chartX: 'Fremde mit einem Namen, von 1.000',
    chartY: 'Erfolglose Suchen, von 1.000',
    chartMark:
      'Ihre Wahl: {strangers} von 1.000 Fremden bekommen einen Namen, {missed} von 1.000 Suchen bleiben erfolglos',
    tableSimilarity: 'Ähnlichkeit',
    apply: 'Anwenden',
    unchanged: 'Gilt bereits',
    applied: 'Ein Name für {count} von 1.000 Fremden: Das gilt ab der nächsten Suche.',
  },
  crops: {
    title: 'Bilder der Gesichter',
    first:
      'Ein kleines Bild jedes Gesichts lässt Sie Menschen hier erkennen und die Sammlung später zu einem anderen Modell wechseln. Es ist ein persönliches Datum: Es bleibt auf diesem Server und wird mit dem Gesicht gelöscht.',
    on: 'Bilder von Gesichtern, die ab jetzt erfasst werden, werden behalten.',
    off: 'Nur Zahlen werden behalten, und Menschen erscheinen mit ihren Anfangsbuchstaben.',
    turnOn: 'Bilder der Gesichter behalten',
    turnOff: 'Keine Bilder mehr behalten',
    turnedOn: 'Ab jetzt werden Bilder der Gesichter behalten.',
    turnedOff: 'Es werden keine weiteren Bilder behalten; vorhandene bleiben.',
  },
  unknown: {
    title: 'Unbekannte',
    first:
      'Menschen, die gesehen werden und nicht erfasst sind, können einige Tage behalten werden, damit Sie sagen können, wer es ist. Behalten Sie sie nur, wo Sie das dürfen.',
    off: 'Von Menschen, die nicht erfasst sind, wird nichts behalten.',
  },
  remove: {
    title: 'Sammlung löschen',
    text: '{counts} mit ihren Bildern und ihrem Verlauf, Unbekannte und Aufträge werden gelöscht. Das lässt sich nicht rückgängig machen.',
    default:
      'Die Sammlung „default“ lässt sich nicht löschen. Löschen Sie stattdessen ihre Menschen.',
    button: '{name} löschen …',
    dialogTitle: '{name} endgültig löschen?',
    typeName: 'Zur Bestätigung {name} eingeben',
    confirm: 'Endgültig löschen',
    deleted: '{name} wurde gelöscht.',
  },
  model: {
    title: 'Modell von {name}',
    answers: '{model} antwortet.',
    second:
      '{model} steht daneben und wird auf dem Stand gehalten. Jedes Gesicht braucht den Platz von zweien.',
    text: 'Ein anderes Modell sieht die behaltenen Bilder der Gesichter noch einmal an. Suchen gehen dabei weiter, und Sie sehen, wie sich Entscheidungen ändern würden, bevor gewechselt wird.',
    noCrops:
      'Diese Sammlung behält keine Bilder der Gesichter, daher lassen sie sich nicht zu einem anderen Modell mitnehmen. Schalten Sie sie in den Einstellungen ein: Das gilt für Gesichter, die danach erfasst werden.',
    choose: 'Anderes Modell',
    none: 'Kein anderes Modell ist installiert. Installieren Sie eines auf dem Server: {command}',
    begin: 'Vorbereiten und vergleichen',
    again: 'Noch einmal vergleichen',
    progress: 'Wechsel zu {model}',
    failed: 'Es ist gescheitert: {message}',
    comparison: 'Vergleich',
    compared:
      'Verglichen an {faces, plural, one {# Gesicht} other {# Gesichtern}} von {persons, plural, one {# Person} other {# Personen}}: {percent} % der Suchen enden gleich.',
    filled:
      '{count, plural, one {# Gesicht wurde} other {# Gesichter wurden}} berechnet; {missing, plural, =0 {keines fehlt} one {# fehlt} other {# fehlen}}.',
    columns: {
      model: 'Modell',
      named: 'Erfasste mit Namen',
      misnamed: 'Mit falschem Namen',
      strangers: 'Fremde mit Namen',
    },
    ofProbes: '{count, number} von {probes, number}',
    chart: 'Was jedes Modell unter Ihren eigenen Menschen nicht findet',
    chartX: 'Rate falscher Treffer',
    chartY: 'Rate der Nichttreffer',
    switchTo: '{model} antworten lassen',
    switched: 'Jetzt antwortet {model}.',
    missingTitle: 'Wechseln, obwohl Gesichter fehlen?',
    missingText:
      '{count, plural, one {# Gesicht hat} other {# Gesichter haben}} kein Embedding von {model}: Keine Suche findet {count, plural, one {es} other {sie}}, bis Sie zurückwechseln.',
    switchAnyway: 'Trotzdem wechseln',
    erase: '{model} löschen',
    eraseTitle: 'Löschen, was {model} behält?',
    eraseText:
      'Die Embeddings von {model} werden gelöscht, und ohne neue Berechnung führt kein Weg zurück.',
    erasing: '{model} wird gelöscht.',
  },
}
