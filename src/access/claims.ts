/** Which values of a claim give which roles or scopes. */
export interface ClaimMapping {
  /** Name of the claim; dots lead into objects, unless a claim has the whole name. */
  readonly claim: string
  /** Value of the claim, `*` for everybody, and what it gives. Empty: a value is what it gives. */
  readonly names: readonly (readonly [value: string, name: string])[]
}

/** More than anybody has; what is beyond is not looked at. */
const maxValues = 1000
const maxNameLength = 200

/**
 * The values of a claim: those of a list, or the words of a text.
 *
 * @param claims  as an issuer has signed them
 */
export function readClaim(
  claims: Readonly<Record<string, unknown>>,
  claim: string,
): readonly string[] {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : readPath(claims, claim)
  if (typeof value === 'string') return value.split(' ').filter(Boolean).slice(0, maxValues)
  if (!Array.isArray(value)) return []
  return value.filter((item) => typeof item === 'string').slice(0, maxValues)
}

/** Names of the roles and scopes that values of a claim give. */
export function toNames(values: readonly string[], { names }: ClaimMapping): readonly string[] {
  if (names.length === 0) return values
  return names.filter(([value]) => value === '*' || values.includes(value)).map(([, name]) => name)
}

/** A claim as the name of an actor; undefined when it cannot be one. */
export function toActorName(claim: unknown): string | undefined {
  if (typeof claim !== 'string') return undefined
  const name = claim
    .slice(0, 4 * maxNameLength)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim()
  return name === '' ? undefined : [...name].slice(0, maxNameLength).join('')
}

function readPath(claims: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null
    return isObject && Object.hasOwn(value, name)
      ? (value as Readonly<Record<string, unknown>>)[name]
      : undefined
  }, claims)
}
