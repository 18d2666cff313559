import type { evaluation as en } from '../en/evaluation.ts'
import type { TranslationOf } from '../translation.ts'

export const evaluation: TranslationOf<typeof en> = {
  title: 'Auswertung',
  lead: 'Was das Modell für eine Sammlung dieser Größe verspricht und was die Sammlung über sich selbst sagt.',
  det: {
    title: 'Fehler von {model} bei {count, plural, one {# Gesicht} other {# Gesichtern}}',
    text: 'Jeder Punkt ist eine Regel: wie viele Fremde einen Namen bekommen und wie viele Suchen nach Erfassten erfolglos bleiben. Gezählt an den Fotos, mit denen das Modell gemessen wurde, bei einem Foto je Person.',
    x: 'Fremde mit einem Namen, von 1.000',
    y: 'Erfolglose Suchen, von 1.000',
    now: 'Es gilt: {strangers} von 1.000 Fremden bekommen einen Namen, {missed} von 1.000 Suchen bleiben erfolglos',
    settings: 'Regel ändern',
  },
  own: {
    title: 'Was die Sammlung über sich selbst sagt',
    none: 'Sie wurde noch nicht untersucht.',
    examine: 'Untersuchen',
    sentence:
      'Von {faces, plural, one {# Gesicht} other {# Gesichtern}}, ohne sich selbst gesucht, wurden {found, number} gefunden, {missed, number} nicht, und {misnamed, number} bekamen einen anderen Namen.',
    noOne: 'Noch hat niemand zwei Gesichter, sodass sich nichts weglassen lässt.',
    strangers:
      'Von Fremden vor derselben Kamera bekämen ohne die Verschiebung der Schwelle etwa {percent} % einen Namen.',
    histogram: 'Wie ähnlich verschiedene Personen sind, von der Schwelle an',
    similarity: 'Ähnlichkeit',
    nearest: 'Wie ähnlich das nächste Gesicht derer ist, die nicht gefunden werden',
    noPairs: 'Keine zwei Personen sind so ähnlich wie ein Treffer.',
  },
  confusions: {
    title: 'Schlimmste Verwechslungen',
    text: 'Die ähnlichsten Personen, die als verschiedene erfasst sind.',
    similarity: 'Ähnlichkeit {value}',
    decide: 'Entscheiden',
  },
  measure: {
    title: 'Mit eigenen Fotos messen',
    text: 'Ein Ordner oder ein Archiv mit einem Ordner für jeden Menschen und mindestens zwei Fotos darin. Jedes Paar wird verglichen; niemand wird erfasst. Eine Weile werden alle Prozessoren gebraucht.',
    model: 'Modell',
    folder: 'Ordner wählen',
    archive: 'Archiv wählen',
    sending: 'Die Fotos werden gesendet …',
    failed: 'Es ist gescheitert: {message}',
    counts:
      '{used, number} von {photographs, plural, one {# Foto} other {# Fotos}} von {persons, plural, one {# Person} other {# Menschen}}: {matedPairs, number} Paare eines Menschen, {nonMatedPairs, number} von verschiedenen.',
    unusable: '{count, plural, one {# Foto} other {# Fotos}} lassen sich nicht verwenden.',
    equal:
      '{model} irrt bei {rate} beider Arten von Paaren, wo die Schwelle beide Fehler gleich macht.',
    det: 'Nichttreffer bei jeder Rate falscher Treffer',
    fmr: 'Rate falscher Treffer',
    fnmr: 'Rate der Nichttreffer',
    similarities: 'Wie ähnlich Paare sind',
    similarity: 'Ähnlichkeit',
    share: 'Anteil der Paare',
    mated: 'Ein Mensch',
    nonMated: 'Verschiedene Menschen',
    lookAlikes: 'Verschiedene Menschen, die sich am ähnlichsten sehen',
    unlike: 'Fotos eines Menschen, die sich am wenigsten ähneln',
    remove: 'Ergebnis und Bilder entfernen',
    removed: 'Ergebnis und Bilder wurden entfernt.',
  },
  runs: {
    title: 'Auswertungen mit beschrifteten Fotos',
    text: 'Sie brauchen alle Prozessoren und laufen daher auf der Befehlszeile des Servers; hier sind sie aufgelistet: {command}',
    none: 'Mit dieser Datenbank lief noch keine.',
    when: 'Wann',
    protocol: 'Protokoll',
    model: 'Modell',
    data: 'Fotos',
    outcome: 'Ergebnis',
  },
}
