import { hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { EncryptJWT, jwtDecrypt } from 'jose'
import * as client from 'openid-client'
import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import { type ClaimMapping, readClaim, toActorName, toNames } from './claims.ts'
import { isSafeAddress } from './discovery.ts'

// [Note: A sign-in on its way]
// Between the start and the return the browser has, in a cookie, what the server has to know again:
// state, nonce, PKCE verifier, the time and where to go then, sealed with AES-256-GCM under a key made
// from the client secret, which all nodes have. So strangers who begin sign-ins fill no memory and no
// database, and a return belongs to the browser that began: another one has no cookie with this state.
// It holds once: a state that came back is remembered until its time is over, and the code that comes
// with it holds once at the provider.

/** How long a person may take at the provider. */
export const signInLastsMs = 600_000
const providerTimeoutSeconds = 10
const providerKeptMs = 3_600_000
const clockToleranceSeconds = 30
/** Sign-ins that came back; what is beyond is refused until some are over. */
const maxReturned = 10_000

export interface OidcOptions {
  /** As the provider calls itself: https, or http on this machine. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where browsers reach the page; ends with a slash. */
  readonly baseUrl: string
  readonly scopes: readonly string[]
  readonly mapping: ClaimMapping
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number
}

/** Who came back from the provider. */
export interface SignedIn {
  readonly actor: Actor
  /** Names of roles and scopes, one at least. */
  readonly roles: readonly string[]
  /** Where the person was; an address of the page. */
  readonly returnUrl: string
}

/** Sign-in by OpenID Connect: authorization code with PKCE. */
export interface OidcSignIn {
  readonly baseUrl: string
  /**
   * @param returnTo  an address of the page, absolute or relative; what is not becomes the page itself
   * @returns where the browser goes, and what it keeps meanwhile
   * @throws {FaceError} `signInUnavailable`
   */
  begin(returnTo: string): Promise<{ readonly url: string; readonly sealed: string }>
  /**
   * @param query  of the address that the provider sent the browser to
   * @param sealed  what `begin` gave the browser, if it still has it
   * @throws {FaceError} `signInFailed`, `noRole`, `signInUnavailable`
   */
  finish(query: URLSearchParams, sealed: string | undefined): Promise<SignedIn>
  /** Where the provider ends its own session; undefined when it has no such place. */
  findEndUrl(): Promise<string | undefined>
}

/** What {@link OidcSignIn.begin} seals. */
interface Pending {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnUrl: string
}

/** Path of the start of a sign-in, below the page. */
export const startPath = 'v1/sign-in/oidc'

/** Path of the return from the provider, below the page. */
export const callbackPath = 'v1/sign-in/oidc/callback'

/**
 * The address to return to, if it is one of the page.
 *
 * @param baseUrl  of the page; ends with a slash
 */
export function toReturnUrl(returnTo: string, baseUrl: string): string {
  const base = new URL(baseUrl)
  if (!URL.canParse(returnTo, base.href)) return base.href
  const url = new URL(returnTo, base)
  const isOwn = url.origin === base.origin && url.pathname.startsWith(base.pathname)
  // What acts, the API, is no place to return to.
  const isPage = !/^(v1|docs)(\/|$)/.test(decode(url.pathname.slice(base.pathname.length)))
  return isOwn && isPage && url.username === '' && url.password === '' ? url.href : base.href
}

/** Creates the sign-in by a provider, which is not asked before; see [Note: A sign-in on its way]. */
export function createOidcSignIn(options: OidcOptions): OidcSignIn {
  const { issuer, clientId, clientSecret, baseUrl, mapping, now = Date.now } = options
  const redirectUrl = new URL(callbackPath, baseUrl).href
  const sealKey = new Uint8Array(
    hkdfSync('sha256', clientSecret, `${issuer} ${clientId}`, 'a sign-in on its way', 32),
  )
  let provider: Promise<client.Configuration> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  /** States that came back, and when they are over. */
  const returned = new Map<string, number>()

  function getProvider(): Promise<client.Configuration> {
    if (provider !== undefined && Math.abs(now() - readAt) < providerKeptMs) return provider
    readAt = now()
    provider = discover({ issuer, clientId, clientSecret }).catch((cause: unknown) => {
      provider = undefined
      throw new FaceError('signInUnavailable', {
        detail: "The provider's discovery document cannot be read.",
        cause,
      })
    })
    return provider
  }

  /** @throws {FaceError} `signInFailed` when the state came back before */
  function noteReturn(state: string): void {
    for (const [old, until] of returned) {
      if (until > now()) break
      returned.delete(old)
    }
    if (returned.has(state) || returned.size >= maxReturned) throw failed()
    returned.set(state, now() + signInLastsMs)
  }

  async function seal(pending: Pending): Promise<string> {
    return new EncryptJWT({ ...pending })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(new Date(now() + signInLastsMs))
      .encrypt(sealKey)
  }

  async function unseal(sealed: string): Promise<Pending> {
    const { payload } = await jwtDecrypt<Pending>(sealed, sealKey, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    })
    return payload
  }

  async function exchange(query: URLSearchParams, pending: Pending) {
    const configuration = await getProvider()
    const address = new URL(redirectUrl)
    address.search = query.toString()
    const tokens = await client.authorizationCodeGrant(configuration, address, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('no ID token')
    const { userinfo_endpoint: userInfo } = configuration.serverMetadata()
    // Many providers keep the ID token short.
    if (userInfo === undefined) return claims
    const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
    return { ...more, ...claims }
  }

  return {
    baseUrl,

    async begin(returnTo) {
      const configuration = await getProvider()
      const pending: Pending = {
        state: randomBytes(32).toString('base64url'),
        nonce: randomBytes(32).toString('base64url'),
        verifier: client.randomPKCECodeVerifier(),
        returnUrl: toReturnUrl(returnTo, baseUrl),
      }
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUrl,
        scope: [...new Set(['openid', ...options.scopes])].join(' '),
        code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
        ...{ state: pending.state, nonce: pending.nonce },
      })
      return { url: url.href, sealed: await seal(pending) }
    },

    async finish(query, sealed) {
      if (sealed === undefined) throw failed()
      const pending = await unseal(sealed).catch((cause: unknown) => {
        throw failed(cause)
      })
      if (!isEqual(query.get('state') ?? '', pending.state)) throw failed()
      noteReturn(pending.state)
      const claims = await exchange(query, pending).catch((cause: unknown) => {
        if (cause instanceof FaceError) throw cause
        throw failed(cause)
      })
      const roles = toNames(readClaim(claims, mapping.claim), mapping)
      if (roles.length === 0) throw new FaceError('noRole')
      const { sub } = claims
      const name =
        toActorName(claims.name) ?? toActorName(claims.preferred_username) ?? toActorName(sub)
      const actor: Actor = { kind: 'signedIn', id: `${issuer}#${sub}`, name: name ?? 'somebody' }
      return { actor, roles, returnUrl: pending.returnUrl }
    },

    async findEndUrl() {
      const configuration = await getProvider()
      const { end_session_endpoint: end } = configuration.serverMetadata()
      if (end === undefined || !isSafeAddress(end)) return undefined
      return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: baseUrl }).href
    },
  }
}

async function discover({
  issuer,
  clientId,
  clientSecret,
}: Pick<OidcOptions, 'issuer' | 'clientId' | 'clientSecret'>): Promise<client.Configuration> {
  const authenticate: client.ClientAuth = (server, ...rest) => {
    const ways = server.token_endpoint_auth_methods_supported
    // The standard's default is the header.
    const byHeader = ways === undefined || ways.includes('client_secret_basic')
    const prove = byHeader ? client.ClientSecretBasic : client.ClientSecretPost
    return prove(clientSecret)(server, ...rest)
  }
  const isPlain = new URL(issuer).protocol === 'http:'
  return client.discovery(
    new URL(issuer),
    clientId,
    { [client.clockTolerance]: clockToleranceSeconds },
    authenticate,
    {
      timeout: providerTimeoutSeconds,
      // Only on this machine, which the configuration has checked.
      ...(isPlain ? { execute: [client.allowInsecureRequests] } : {}),
    },
  )
}

/** The provider's own words may name people and are not told. */
function failed(cause?: unknown): FaceError {
  return new FaceError('signInFailed', {
    detail: 'Begin again, in the browser and at the address where you want to sign in.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function isEqual(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)]
  return first.length === second.length && timingSafeEqual(first, second)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
