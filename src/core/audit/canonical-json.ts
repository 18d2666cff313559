/** A value of JSON; what is `undefined` is left out. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/**
 * The one text of a value: keys in the order of their UTF-16 code units, no spaces, numbers as
 * ECMAScript writes them. Two values have the same text only when they are the same.
 *
 * @throws {RangeError} for a number that is not finite, and for text with half a surrogate pair: neither
 *   has a text of its own
 * @source RFC 8785, JSON Canonicalization Scheme
 */
export function toCanonicalJson(value: JsonValue): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('Not a finite number.')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return toText(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (isList(value)) return `[${value.map(toCanonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const member = value[key]
      return member === undefined ? [] : [`${toText(key)}:${toCanonicalJson(member)}`]
    })
  return `{${members.join(',')}}`
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function toText(text: string): string {
  // In the well-formed JSON.stringify of ECMAScript 2019 half a pair becomes an escape.
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('Half of a surrogate pair.')
  return JSON.stringify(text)
}
