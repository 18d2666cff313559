import { FaceError } from '../core/errors.ts'

const timeoutMs = 5000
const maxBytes = 1024 * 1024

/** Whether an address of a provider may be asked: by TLS, or on this machine. */
export function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  const isLocal = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLocal)
}

/**
 * Reads where an issuer's keys are (OpenID Connect Discovery 1.0, section 4).
 *
 * @throws {FaceError} `signInUnavailable` when it cannot be read, is another issuer's, or names an
 *   address that is not safe
 */
export async function discoverIssuer(issuer: string): Promise<{ readonly jwksUrl: string }> {
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    if (!answer.ok) throw new Error(`${answer.status}`)
    const text = await answer.text()
    if (text.length > maxBytes) throw new Error('too long')
    const found = JSON.parse(text) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
    const { jwks_uri: jwksUrl } = found
    if (found.issuer !== issuer) throw new Error('the document is of another issuer')
    if (typeof jwksUrl !== 'string' || !isSafeAddress(jwksUrl)) throw new Error('no jwks_uri')
    return { jwksUrl }
  } catch (cause) {
    throw new FaceError('signInUnavailable', {
      detail: "The issuer's discovery document cannot be read.",
      cause,
    })
  }
}
