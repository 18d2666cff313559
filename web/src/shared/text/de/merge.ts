import type { merge as en } from '../en/merge.ts'
import type { TranslationOf } from '../translation.ts'

export const merge: TranslationOf<typeof en> = {
  title: '{count, number} Menschen zusammenführen',
  survivor: 'Wer bleibt?',
  faces: '{count, plural, one {# Foto} other {# Fotos}}, seit {date, date, medium}',
  name: 'Name',
  merge: 'Zusammenführen',
  consequences: 'Das geschieht:',
  moved: '{name} bekommt {count, plural, =0 {kein Foto} one {# Foto} other {# Fotos}} der anderen.',
  gone: '{count, plural, one {{names} ist keine eigene Person} other {{names} sind keine eigenen Personen}} mehr.',
  aliases: 'Andere Namen: {names}.',
  sameImage:
    '{count, plural, one {# Foto, das doppelt da wäre, wird} other {# Fotos, die doppelt da wären, werden}} entfernt.',
  lost: 'Nicht übernommen von {name}: {field} „{value}“.',
  undoable: 'Sie können das rückgängig machen.',
  done: '{count, plural, one {# Person wurde} other {# Personen wurden}} mit {name} zusammengeführt.',
  twiceTitle: 'Doppelt?',
  twiceText:
    'Menschen, deren Fotos sich so sehr ähneln, dass es eine Person sein kann. Führen Sie zusammen, wer derselbe ist; die anderen werden nicht wieder vorgeschlagen.',
  neverLooked: 'Noch hat niemand nachgesehen.',
  lookedAt: 'Stand {date, date, medium}, {date, time, short}.',
  look: 'Jetzt nachsehen',
  lookAgain: 'Wieder nachsehen',
  looking: 'Alle werden verglichen; bisher {done, plural, one {# Gesicht} other {# Gesichter}} …',
  noPairs: 'Niemand scheint doppelt da zu sein.',
  alike: 'So ähnlich sind sich Fremde mit so vielen Fotos: {rate}.',
  same: 'Dieselbe Person',
  samePair: '{first} und {second} sind dieselbe Person',
  different: 'Verschiedene Menschen',
  differentPair: '{first} und {second} sind verschiedene Menschen',
  saidDifferent: 'Als verschiedene Menschen bezeichnet.',
  nowDifferent: '{first} und {second} werden nicht wieder vorgeschlagen.',
  nearestFace: 'Das Foto von {name}, das am ähnlichsten ist',
  similarText: 'Wer {name} so sehr ähnelt, dass es dieselbe Person sein kann.',
  similarTo: 'Wie {name}',
  nobodySimilar: 'Niemand ähnelt {name} so sehr.',
}
