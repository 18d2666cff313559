import { describe, expect, it } from 'vitest'
import { isFaceError } from '../core/errors.ts'
import { parseGrant, parseRole } from './access-rules.ts'
import { loadConfig } from './load.ts'

const workingDir = '/nowhere'
const oidc = {
  FACE_WATCHER_ACCESS_OIDC_ISSUER: 'https://id.example/realm',
  FACE_WATCHER_ACCESS_OIDC_CLIENT_ID: 'faces',
  FACE_WATCHER_ACCESS_OIDC_CLIENT_SECRET: 'a secret of 20 signs',
  FACE_WATCHER_ACCESS_OIDC_BASE_URL: 'https://faces.example/',
  FACE_WATCHER_ACCESS_OIDC_ROLES: 'face-admins=admin,*=viewer',
}
const jwt = {
  FACE_WATCHER_ACCESS_JWT_ISSUER: 'http://127.0.0.1:9000',
  FACE_WATCHER_ACCESS_JWT_AUDIENCE: 'faces',
}

function problemsOf(environment: Readonly<Record<string, string>>): string {
  try {
    loadConfig({ environment, workingDir })
    return ''
  } catch (error) {
    if (!isFaceError(error, 'invalidConfig')) throw error
    return error.detail ?? ''
  }
}

it('parts of roles and grants', () => {
  expect(parseRole('front-desk=identify people:read @door @office')).toEqual({
    name: 'front-desk',
    scopes: ['identify', 'people:read'],
    collections: ['door', 'office'],
  })
  expect(parseGrant('cn=a,dc=b=admin')).toEqual(['cn=a,dc=b', 'admin'])
})

describe('the configuration of sign-in', () => {
  it('is complete, or says what is missing', () => {
    expect(problemsOf({ ...oidc, ...jwt })).toBe('')
    for (const [changed, complaint] of [
      [{ FACE_WATCHER_ACCESS_OIDC_ISSUER: 'http://id.example' }, 'oidc.issuer must be an https'],
      [{ FACE_WATCHER_ACCESS_OIDC_BASE_URL: 'http://faces.example/' }, 'oidc.baseUrl must be an'],
      [{ FACE_WATCHER_ACCESS_OIDC_BASE_URL: 'https://faces.example/a' }, 'ends with /'],
      [{ FACE_WATCHER_ACCESS_OIDC_CLIENT_ID: '' }, 'oidc.clientId must be'],
      [{ FACE_WATCHER_ACCESS_OIDC_CLIENT_SECRET: 'short' }, 'at least 16 characters'],
      [{ FACE_WATCHER_ACCESS_OIDC_ROLES: '' }, 'nobody could sign in'],
      [{ FACE_WATCHER_ACCESS_OIDC_ROLES: 'admin' }, 'VALUE=ROLE'],
      [{ FACE_WATCHER_ACCESS_JWT_AUDIENCE: '' }, 'jwt.audience must be'],
      [{ FACE_WATCHER_ACCESS_JWT_JWKS_URL: 'ftp://x' }, 'jwt.jwksUrl must be an https'],
      [{ FACE_WATCHER_ACCESS_JWT_ALGORITHMS: 'none' }, 'jwt.algorithms must be a list'],
      [{ FACE_WATCHER_ACCESS_JWT_ALGORITHMS: 'HS256' }, 'jwt.algorithms must be a list'],
      [{ FACE_WATCHER_ACCESS_ROLES: 'Front=identify' }, 'access.roles must be a list'],
      [{ FACE_WATCHER_ACCESS_ROLES: 'front=identify @Door' }, 'access.roles must be a list'],
    ] as const) {
      expect([changed, problemsOf({ ...oidc, ...jwt, ...changed })]).toEqual([
        changed,
        expect.stringContaining(complaint),
      ])
    }
  })

  it('never repeats the secret', () => {
    expect(problemsOf({ ...oidc, FACE_WATCHER_ACCESS_OIDC_CLIENT_SECRET: 'short' })).not.toMatch(
      /short/,
    )
  })
})
