import type { LabelledImage } from './dataset.ts'
import type { EmbeddedDataset } from './embeddings.ts'

/** Known faults in the labels of a data set. */
export interface LabelCorrections {
  /** Names of one person; the second is counted under the first. */
  readonly samePerson: readonly (readonly [string, string])[]
  /** Images that show somebody else than their name says, without suffix. */
  readonly wrongImages: readonly string[]
}

const sameLfwPerson: LabelCorrections['samePerson'] = [
  ['Joseph_Blatter', 'Sepp_Blatter'],
  ['Jon_Gruden', 'John_Gruden'],
  ['Bison_Dele', 'Brian_Williams'],
  ['Wang_Nan', 'Nan_Wang'],
  ['Choi_Sung-hong', 'Sung_Hong_Choi'],
  ['Wang_Yingfan', 'Yingfan_Wang'],
  ['Hassan_Wirajuda', 'Hasan_Wirayuda'],
  ['Bill_Pryor', 'William_Pryor_Jr'],
  ['Chyung_Dai-chul', 'Dai_Chul_Chyung'],
  ['Cristina_Fernandez', 'Cristina_Kirchner'],
  ['Doc_Rivers', 'Glenn_Rivers'],
  ['Felipe_De_Borbon', 'Prince_Felipe'],
  ['John_Barnett', 'John_Burnett'],
  ['Noer_Moeis', 'Noer_Muis'],
  ['Uday_Hussein', 'Odai_Hussein'],
  ['Talisa_Soto', 'Talisa_Bratt'],
  ['Virgina_Ruano_Pascal', 'Ruano_Pascual'],
  ['Mireya_Moscoso', 'Mireya_Elisa_Moscoso_Rodriguez'],
]

const wrongLfwImages: LabelCorrections['wrongImages'] = [
  'Recep_Tayyip_Erdogan_0004',
  'Michael_Schumacher_0008',
  'Mahmoud_Abbas_0012',
  'Gene_Robinson_0003',
  'Debra_Messing_0002',
  'Jim_OBrien_0001',
  'Tommy_Franks_0003',
]

/** Known faults of LFW: found by two models (mobilefacenet, sface), then looked at. */
export const lfwCorrections: LabelCorrections = {
  samePerson: sameLfwPerson,
  wrongImages: wrongLfwImages,
}

/** The photographs of one person: rows of the embeddings, -1 for each image without one. */
export interface LabelledPerson {
  readonly person: string
  readonly rows: readonly number[]
}

/**
 * Puts a data set's photographs together by person. Labels that are known to be wrong are corrected:
 * a doubled name makes two strangers of one person, which counts as a false match.
 */
export function groupByPerson(
  embedded: Pick<EmbeddedDataset, 'images' | 'failures'>,
  corrections: LabelCorrections = { samePerson: [], wrongImages: [] },
): readonly LabelledPerson[] {
  const aliases = new Map(corrections.samePerson.map(([name, other]) => [other, name]))
  const wrong = new Set(corrections.wrongImages)
  const people = new Map<string, number[]>()
  const add = (key: string, row: number): void => {
    const at = key.lastIndexOf('/')
    if (wrong.has(key.slice(at + 1).replace(/\.[^.]*$/, ''))) return
    const folder = key.slice(0, at)
    const person = aliases.get(folder) ?? folder
    const rows = people.get(person)
    if (rows === undefined) people.set(person, [row])
    else rows.push(row)
  }
  for (const [row, { key }] of embedded.images.entries()) add(key, row)
  for (const { key } of embedded.failures) add(key, -1)
  return [...people].map(([person, rows]) => ({ person, rows }))
}

/** Known faults of a data set, by its name; `undefined` for most. */
export function correctionsOf(datasetName: string): LabelCorrections | undefined {
  return datasetName.startsWith('lfw') ? lfwCorrections : undefined
}

/** A data set's embeddings under its people's corrected names, without images of somebody else. */
export function correctLabels(
  embedded: EmbeddedDataset,
  corrections: LabelCorrections | undefined,
): EmbeddedDataset {
  if (corrections === undefined) return embedded
  const { images, failures, embeddings, dimension, refused } = embedded
  const people = groupByPerson(embedded, corrections)
  const rows = people
    .flatMap(({ person, rows: own }) => own.map((row) => ({ person, row })))
    .filter(({ row }) => row >= 0)
    .sort((a, b) => a.row - b.row)
  const kept = new Float32Array(
    new SharedArrayBuffer(rows.length * dimension * Float32Array.BYTES_PER_ELEMENT),
  )
  for (const [to, { row }] of rows.entries()) {
    kept.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension)
  }
  return {
    ...embedded,
    images: rows.map(({ person, row }) => ({ ...(images[row] as LabelledImage), person })),
    failures,
    refused: rows.map(({ row }) => refused[row] ?? false),
    embeddings: kept,
  }
}
