const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 5e-324, 2 ** 31, 2 ** 53, '', 'x', [], {}, [[]], '\0'],
  ...['x'.repeat(3000), '__proto__', [null], { a: 1 }, Array(300).fill(0), '\ud800'],
]
const names = ['__proto__', 'constructor', 'toString', 'length', 'id', 'name', '']

/** Changes one value of the largest JSON text in the bytes: another value, none, another name. */
export function mutateJson(bytes: Buffer, random: () => number): Buffer<ArrayBuffer> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const found = findJson(bytes)
  if (found === undefined) return Buffer.from(bytes)
  const { from, end, value } = found
  const places: { readonly owner: Record<string, unknown>; readonly key: string }[] = []
  const collect = (owner: unknown): void => {
    if (typeof owner !== 'object' || owner === null || places.length > 5000) return
    for (const key of Object.keys(owner)) {
      places.push({ owner: owner as Record<string, unknown>, key })
      collect((owner as Record<string, unknown>)[key])
    }
  }
  const root = { value }
  collect(root)
  const { owner, key } = pick(places)
  // By definition, so that the name may be __proto__; of an array not its length.
  const define = (name: string, given: unknown) =>
    Array.isArray(owner) && name === 'length'
      ? owner
      : Object.defineProperty(owner, name, {
          ...{ value: given, enumerable: true, configurable: true, writable: true },
        })
  const way = Math.floor(random() * 6)
  if (way < 2) define(key, pick(values))
  else if (way === 2) delete owner[key]
  else if (way === 3) define(pick(names), pick([owner[key], ...values]))
  else if (way === 4) define(key, pick(places).owner[key] ?? pick(values))
  else define(key, [owner[key], pick(values)])
  let text: string
  try {
    text = JSON.stringify(root.value) ?? ''
  } catch {
    // It holds itself.
    return Buffer.from(bytes)
  }
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(text), bytes.subarray(end)])
}

/** The JSON of the whole, of a line, or from the first brace to the last. */
function findJson(
  bytes: Buffer,
): { readonly from: number; readonly end: number; readonly value: unknown } | undefined {
  const first = bytes.indexOf('{')
  const list = bytes.indexOf('[')
  const starts = [0, first, list].filter((at) => at >= 0)
  for (const from of starts) {
    const line = bytes.indexOf(0x0a, from)
    const ends = [bytes.length, bytes.lastIndexOf('}') + 1, line]
    for (const end of ends) {
      if (end <= from) continue
      try {
        return { from, end, value: JSON.parse(bytes.toString('utf8', from, end)) }
      } catch {}
    }
  }
  return undefined
}
