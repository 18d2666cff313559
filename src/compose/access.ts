import { createOidcSignIn, type OidcSignIn } from '../access/oidc.ts'
import { createRoles, isGrantable, type OwnRole } from '../access/roles.ts'
import { parseScopes } from '../access/scopes.ts'
import { createSessions, type Sessions } from '../access/sessions.ts'
import { createTokens, type Tokens } from '../access/tokens.ts'
import { parseGrant, parseRole } from '../config/access-rules.ts'
import type { Config } from '../config/config.ts'
import { FaceError } from '../core/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Database } from '../storage/database.ts'

/** How callers are known who have no API key. */
export interface SignInServices {
  readonly sessions: Sessions
  /** Absent where the configuration has no provider. */
  readonly oidc?: OidcSignIn & { readonly name: string }
  /** Absent where the configuration trusts no issuer. */
  readonly tokens?: Tokens
}

/**
 * Sign-in as the configuration says. Neither provider nor issuer is asked before somebody comes.
 *
 * @throws {FaceError} `invalidConfig` when a role has no such scope, or a claim gives no such role
 */
export function composeSignIn(
  { access }: Pick<Config, 'access'>,
  {
    store,
    logger,
    shortLived,
  }: {
    readonly store: Pick<Database, 'sessions' | 'collections'>
    readonly logger?: Logger | undefined
    /** Of a command, which removes no ended sessions. */
    readonly shortLived: boolean
  },
): SignInServices {
  const own = access.roles.map(toOwnRole)
  const roles = createRoles({ own, collections: store.collections })
  const toGrants = (path: string, lines: readonly string[]) =>
    lines.map((line) => {
      const [, name] = parseGrant(line)
      if (!isGrantable(name, own)) {
        throw invalid(`${path}: ${name} is neither a role nor a scope.`)
      }
      return parseGrant(line)
    })
  const { sessions, oidc, jwt } = access
  const lifetimes = {
    idleMs: sessions.idleMinutes * 60_000,
    absoluteMs: sessions.hours * 3_600_000,
  }
  return {
    sessions: createSessions({
      ...{ store, roles, lifetimes, logger },
      ...(shortLived ? { sweepEveryMs: 0 } : {}),
    }),
    ...(oidc.issuer !== '' && {
      oidc: {
        ...createOidcSignIn({
          ...oidc,
          mapping: { claim: oidc.claim, names: toGrants('access.oidc.roles', oidc.roles) },
        }),
        name: oidc.name === '' ? new URL(oidc.issuer).hostname : oidc.name,
      },
    }),
    ...(jwt.issuer !== '' && {
      tokens: createTokens({
        ...{ issuer: jwt.issuer, audience: jwt.audience, algorithms: jwt.algorithms },
        ...(jwt.jwksUrl === '' ? {} : { jwksUrl: jwt.jwksUrl }),
        ...{ clockToleranceSeconds: jwt.clockToleranceSeconds, roles },
        mapping: { claim: jwt.claim, names: toGrants('access.jwt.scopes', jwt.scopes) },
      }),
    }),
  }
}

function toOwnRole(text: string): OwnRole {
  const { name, scopes, collections } = parseRole(text)
  if (isGrantable(name, [])) throw invalid(`access.roles: ${name} is there already.`)
  try {
    return { name, scopes: parseScopes(scopes), collections }
  } catch (error) {
    const detail = error instanceof FaceError ? error.detail : undefined
    throw invalid(`access.roles: ${name}: ${detail ?? 'its scopes are not valid.'}`)
  }
}

function invalid(detail: string): FaceError {
  return new FaceError('invalidConfig', { detail })
}
