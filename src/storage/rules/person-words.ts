// [Note: Words of names]
// People are searched by the beginnings of words, without regard to case, accents and width. A name
// and a query become words in the same way: compatibility forms are resolved (NFKD: width, ligatures,
// presentation forms), marks that only modify letters are dropped, letters that Unicode does not
// decompose become those that they are typed as, case is folded, and what is left is composed again
// (NFC), which puts Hangul together. Vowel signs of Indic scripts and the voicing marks of kana are
// letters to their readers and stay.

/**
 * Marks that are dropped: combining diacritics, points of Hebrew, marks of Arabic and Syriac, and the
 * tatweel, which only stretches a word. First and last code points, from the Unicode blocks.
 */
const droppedMarks: readonly (readonly [number, number])[] = [
  [0x0300, 0x036f],
  [0x0483, 0x0487],
  [0x0591, 0x05bd],
  [0x05bf, 0x05bf],
  [0x05c1, 0x05c2],
  [0x05c4, 0x05c5],
  [0x05c7, 0x05c7],
  [0x0610, 0x061a],
  [0x0640, 0x0640],
  [0x064b, 0x065f],
  [0x0670, 0x0670],
  [0x06d6, 0x06dc],
  [0x06df, 0x06e4],
  [0x06e7, 0x06e8],
  [0x06ea, 0x06ed],
  [0x0730, 0x074a],
  [0x08ca, 0x08e1],
  [0x08e3, 0x08ff],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0xfe20, 0xfe2f],
]

function isDropped(mark: string): boolean {
  const code = mark.codePointAt(0) as number
  return droppedMarks.some(([first, last]) => code >= first && code <= last)
}

/** Letters that have no decomposition, in lower case, and how they are typed without them. */
const typedAs: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ı', 'i'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ħ', 'h'],
  ['ŧ', 't'],
  ['ŋ', 'n'],
  ['ə', 'e'],
  // The final sigma, which only its place in a word makes another letter.
  ['ς', 'σ'],
  // Arabic and Persian keyboards have different letters for one sound at the end of names.
  ['ى', 'ي'],
  ['ی', 'ي'],
  ['ک', 'ك'],
  ['ة', 'ه'],
])

const typedAsLetters = new RegExp(`[${[...typedAs.keys()].join('')}]`, 'gu')

/** A run of what words are made of: letters, digits, marks, and symbols such as emoji. */
const runs = /[\p{L}\p{N}\p{M}\p{So}\p{Sm}\p{Sc}]+/gu

/** Runs that a name joins: O'Brien, Jean-Luc, J.R. People type these with and without the sign. */
const joinedRuns = /[\p{L}\p{N}\p{M}]+(?:['\u2019\u02bc\u2010-\u2015.-][\p{L}\p{N}\p{M}]+)+/gu
const joiners = /['\u2019\u02bc\u2010-\u2015.-]/gu

/** Scripts that write names without a space between their parts, of which any may be searched. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u

/** Characters of an unspaced run that are compared; a longer query is looked for in pieces. */
const unspacedLength = 16

/** Bounds what one person adds to the index; 50 aliases of 200 unspaced characters would be 10,000. */
const maxWords = 1000

/**
 * The text in which names are compared; see [Note: Words of names]. Joiners and other signs are kept.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\p{M}|\u0640/gu, (mark) => (isDropped(mark) ? '' : mark))
    .replaceAll(typedAsLetters, (letter) => typedAs.get(letter) ?? letter)
    .normalize('NFC')
}

/**
 * The words by whose beginnings a person of these names is found, each once. Of scripts without spaces
 * there is one for each character, from it to the end of the run.
 *
 * @returns without quotes, backslashes and white space
 */
export function toWords(names: readonly string[]): readonly string[] {
  const words = new Set<string>()
  for (const name of names) {
    const text = foldText(name)
    for (const [run] of text.matchAll(runs)) addRun(words, run)
    for (const [run] of text.matchAll(joinedRuns)) words.add(run.replaceAll(joiners, ''))
  }
  return [...words].slice(0, maxWords)
}

function addRun(words: Set<string>, run: string): void {
  if (!unspaced.test(run)) {
    words.add(run)
    return
  }
  const characters = [...run]
  for (const [i, character] of characters.entries()) {
    // A latin part of the run is a word of its own: only its first letter begins one.
    const before = characters[i - 1]
    if (before !== undefined && !unspaced.test(character) && !unspaced.test(before)) continue
    words.add(characters.slice(i, i + unspacedLength).join(''))
  }
}

/**
 * The words of a query, each of which has to begin a word of {@link toWords}; none for a query without
 * letters, digits and symbols.
 */
export function toQueryWords(query: string): readonly string[] {
  const found = [...foldText(query).matchAll(runs)].flatMap(([run]) => {
    if (!unspaced.test(run)) return [run]
    const characters = [...run]
    const pieces: string[] = []
    for (let i = 0; i < characters.length; i += unspacedLength) {
      pieces.push(characters.slice(i, i + unspacedLength).join(''))
    }
    return pieces
  })
  const words = [...new Set(found)]
  // "a an" asks for no more than "an".
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
}

/** Greater than every word that begins with this one, in the order of code points; no word itself. */
export function afterPrefix(word: string): string {
  return `${word}\u{10ffff}`
}

/** Characters of a name that it is sorted by, so that a cursor, which holds them, stays short. */
const sortedLength = 100

/** The text that persons are sorted by when they are sorted by name. */
export function toSortName(name: string): string {
  const text = [...foldText(name).matchAll(runs)].map(([run]) => run).join(' ')
  return [...text].slice(0, sortedLength).join('')
}
