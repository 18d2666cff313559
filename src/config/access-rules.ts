import type { Config } from './config.ts'

/** A role of the configuration, `NAME=SCOPE SCOPE @COLLECTION`, in its parts. */
export interface ParsedRole {
  readonly name: string
  readonly scopes: readonly string[]
  readonly collections: readonly string[]
}

/** @param text  that the schema has checked */
export function parseRole(text: string): ParsedRole {
  const [name, rest] = splitOnce(text)
  const words = rest.split(' ')
  return {
    name,
    scopes: words.filter((word) => !word.startsWith('@')),
    collections: words.flatMap((word) => (word.startsWith('@') ? [word.slice(1)] : [])),
  }
}

/** `VALUE=NAME` in its parts. @param text  that the schema has checked */
export function parseGrant(text: string): readonly [value: string, name: string] {
  return splitOnce(text)
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.lastIndexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Whether an address may be asked: by TLS, or on this machine. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  const isLocal = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLocal)
}

/**
 * Rules over the keys of `access`.
 *
 * @returns sentences that begin with where a key was set
 */
export function checkAccess(
  { access: { oidc, jwt } }: Pick<Config, 'access'>,
  sources: ReadonlyMap<string, string>,
): readonly string[] {
  const problems: string[] = []
  const say = (path: string, expected: string) =>
    problems.push(`${sources.get(path)}: ${path} must be ${expected}.`)
  const url = (path: string, value: string) => {
    if (!isSafeUrl(value)) say(path, 'an https address, or an http address of this machine')
  }
  if (oidc.issuer !== '') {
    url('access.oidc.issuer', oidc.issuer)
    url('access.oidc.baseUrl', oidc.baseUrl)
    if (/[?#]|[^/]$/.test(oidc.baseUrl)) say('access.oidc.baseUrl', 'an address that ends with /')
    if (oidc.clientId === '') say('access.oidc.clientId', 'what the provider calls this server')
    // What a sign-in keeps in the browser is sealed with it.
    if (oidc.clientSecret.length < 16) say('access.oidc.clientSecret', 'at least 16 characters')
    if (oidc.roles.length === 0) say('access.oidc.roles', 'one at least: nobody could sign in')
  }
  if (jwt.issuer !== '') {
    url('access.jwt.issuer', jwt.issuer)
    if (jwt.jwksUrl !== '') url('access.jwt.jwksUrl', jwt.jwksUrl)
    // Without it a token for any other service of the issuer would do.
    if (jwt.audience === '') say('access.jwt.audience', 'the name that this server has there')
  }
  return problems
}
