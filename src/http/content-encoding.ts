/** Encodings that files are kept in beside their own bytes, the smallest first. */
export const encodings = ['br', 'gzip'] as const

export type Encoding = (typeof encodings)[number]

/** The ending of a file that holds another one compressed. */
export const encodingExtensions: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' }

/**
 * Picks the smallest encoding that a client takes. Its preferences among them are not followed: all
 * browsers give all encodings the same weight.
 *
 * @param acceptEncoding  the header's value
 * @returns undefined where the client takes none of `available`
 * @source RFC 9110, section 12.5.3
 */
export function pickEncoding(
  acceptEncoding: string | undefined,
  available: (encoding: Encoding) => boolean,
): Encoding | undefined {
  const weights = new Map<string, number>()
  for (const part of (acceptEncoding ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  return encodings.find(
    (encoding) => available(encoding) && (weights.get(encoding) ?? weights.get('*') ?? 0) > 0,
  )
}
