/** A name that the store accepts. */
export const databaseNamePattern = '^[A-Za-z0-9_-]{1,38}$'

/**
 * The database that a MongoDB URL names, percent-decoded.
 *
 * `admin` does not count: a URL ends with it to say where its user is checked, and nobody keeps
 * faces there.
 *
 * @param url  `mongodb://` or `mongodb+srv://`; anything else names none
 * @source MongoDB connection string specification, `/defaultauthdb`
 */
export function databaseOfUrl(url: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^?]+)/.exec(url)?.[1]
  if (path === undefined) return undefined
  const name = decode(path)
  return name === 'admin' ? undefined : name
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Says that a URL and a setting name two databases, and what to do. Never the URL, which may hold a password. */
export function describeDatabaseClash(
  url: { readonly name: string; readonly database: string },
  setting: { readonly name: string; readonly database: string },
): string {
  return `${url.name} names the database ${JSON.stringify(url.database)}, ${setting.name} is ${JSON.stringify(setting.database)}. Name one of them only; where the URL's user is checked is said by ?authSource=NAME.`
}
