import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import { type ClaimMapping, readClaim, toActorName, toNames } from './claims.ts'
import { discoverIssuer } from './discovery.ts'
import type { Principal } from './principal.ts'
import type { Roles } from './roles.ts'

// [Note: Tokens of others]
// A token is believed for its signature alone, so what may sign is fixed here and not by the token:
// only the algorithms of the configuration, all of which are with public keys, so that neither "none"
// nor a public key taken for a secret gets in; only keys of the issuer's own list; only tokens for this
// audience, with an end and a subject. A key id that is not known lets the list be read again, at most
// once in half a minute, so that made-up ids cost the issuer nothing.

const jwksTimeoutMs = 5000
const jwksAgainAfterMs = 30_000
const jwksKeptMs = 600_000
const tokenPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

export interface TokenOptions {
  /** What `iss` has to be, to the letter. */
  readonly issuer: string
  /** What `aud` has to be or to have. */
  readonly audience: string
  /** Where the issuer's keys are; absent: what its discovery document says. */
  readonly jwksUrl?: string
  /** With public keys only: the configuration has no others. */
  readonly algorithms: readonly string[]
  readonly clockToleranceSeconds: number
  readonly mapping: ClaimMapping
  readonly roles: Roles
  /** Milliseconds between two reads of the keys at the least; for tests. */
  readonly jwksAgainAfterMs?: number
}

/** Bearer tokens of an issuer that the configuration trusts. */
export interface Tokens {
  /** Whether it has the form of one. */
  isToken(text: string): boolean
  /**
   * @returns undefined when the token is not valid, or allows nothing here
   * @throws {FaceError} `signInUnavailable` when the issuer's keys cannot be read
   */
  authenticate(token: string): Promise<Principal | undefined>
}

/** Creates the check of bearer tokens; see [Note: Tokens of others]. */
export function createTokens(options: TokenOptions): Tokens {
  const { issuer, audience, algorithms, clockToleranceSeconds, mapping, roles } = options
  let keys: Promise<JWTVerifyGetKey> | undefined

  async function loadKeys(): Promise<JWTVerifyGetKey> {
    const url = options.jwksUrl ?? (await discoverIssuer(issuer)).jwksUrl
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: jwksTimeoutMs,
      cooldownDuration: options.jwksAgainAfterMs ?? jwksAgainAfterMs,
      cacheMaxAge: jwksKeptMs,
    })
  }

  function getKeys(): Promise<JWTVerifyGetKey> {
    keys ??= loadKeys().catch((error: unknown) => {
      keys = undefined
      throw error
    })
    return keys
  }

  async function verify(token: string): Promise<JWTPayload | undefined> {
    const getKey = await getKeys()
    try {
      const { payload } = await jwtVerify(token, getKey, {
        ...{ issuer, audience, algorithms: [...algorithms] },
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
      })
      return payload
    } catch (cause) {
      if (isRefusal(cause)) return undefined
      throw new FaceError('signInUnavailable', {
        detail: 'The keys that tokens are signed with cannot be read.',
        cause,
      })
    }
  }

  return {
    isToken: (text) => tokenPattern.test(text),

    async authenticate(token) {
      const payload = await verify(token)
      if (payload?.sub === undefined || payload.sub === '') return undefined
      const names = toNames(readClaim(payload, mapping.claim), mapping)
      return roles.toPrincipal(toActor(issuer, payload), names)
    },
  }
}

/** Programs are called by their client id, where the token says it. */
function toActor(issuer: string, { sub = '', ...claims }: JWTPayload): Actor {
  const name = toActorName(claims.client_id) ?? toActorName(claims.azp) ?? toActorName(sub)
  return { kind: 'token', id: `${issuer}#${sub}`, name: name ?? 'token' }
}

/** Errors that the token is to blame for; others are of reading the issuer's keys. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
}
