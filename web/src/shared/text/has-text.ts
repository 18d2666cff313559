interface TextSource<Key extends string> {
  readonly has: (key: Key) => boolean
  readonly raw: (key: Key) => unknown
}

/**
 * Whether there is a text for what the server names: a code, a reason. Names that every object has,
 * `toString` among them, are none.
 */
export function hasText<Key extends string>(t: TextSource<Key>, key: string): key is Key {
  return t.has(key as Key) && typeof t.raw(key as Key) !== 'function'
}
