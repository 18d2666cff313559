import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClaimMapping } from '../../src/access/claims.ts'
import { createRoles } from '../../src/access/roles.ts'
import { createTokens, type TokenOptions } from '../../src/access/tokens.ts'
import { FaceError } from '../../src/core/errors.ts'
import { expectCode } from '../helpers/expect-code.ts'

interface Pair {
  readonly kid: string
  readonly alg: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

async function makePair(kid: string, alg = 'ES256'): Promise<Pair> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) }
}

let server: Server
let issuer: string
let own: Pair
let next: Pair
let foreign: Pair
let rsa: Pair
/** What the issuer's list has. */
let listed: Pair[] = []
let reads = 0
let failing = false

beforeAll(async () => {
  ;[own, next, foreign, rsa] = await Promise.all([
    makePair('own'),
    makePair('next'),
    makePair('own'),
    makePair('rsa', 'RS256'),
  ])
  server = createServer(async (request, response) => {
    if (failing) return response.writeHead(500).end()
    if (request.url === '/.well-known/openid-configuration') {
      return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
    }
    reads++
    const keys = await Promise.all(
      listed.map(async ({ kid, alg, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg,
      })),
    )
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  listed = [own, rsa]
  reads = 0
  failing = false
})

function setUp(options: Partial<TokenOptions> = {}) {
  const roles = createRoles({
    own: [],
    collections: {
      get: async () => {
        throw new FaceError('collectionNotFound')
      },
    },
  })
  const mapping: ClaimMapping = { claim: 'scope', names: [] }
  return createTokens({
    ...{ issuer, audience: 'faces', algorithms: ['ES256', 'RS256'], mapping, roles },
    clockToleranceSeconds: 30,
    ...options,
  })
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

function sign(claims: JWTPayload = {}, { kid, alg, privateKey }: Pair = own): Promise<string> {
  const usual = {
    iss: issuer,
    aud: 'faces',
    sub: 'camera-7',
    exp: inSeconds(300),
    scope: 'identify',
  }
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, kid }).sign(privateKey)
}

describe('a bearer token', () => {
  it('of the issuer lets in, as who it says, with what it says', async () => {
    const tokens = setUp()
    const scope = 'identify detect email'
    const token = await sign({ scope, client_id: 'camera' })
    expect(tokens.isToken(token)).toBe(true)
    const principal = await tokens.authenticate(token)
    expect(principal).toMatchObject({
      actor: { kind: 'token', id: `${issuer}#camera-7`, name: 'camera' },
      scopes: ['identify', 'detect'],
    })
    const byRsa = await tokens.authenticate(await sign({ aud: ['other', 'faces'] }, rsa))
    expect(byRsa?.actor.name).toBe('camera-7')
  })

  it('is given what its claim is mapped to', async () => {
    const names = [['face-admins', 'manager']] as const
    const tokens = setUp({ mapping: { claim: 'realm.roles', names } })
    const principal = await tokens.authenticate(
      await sign({ scope: 'admin', realm: { roles: ['face-admins'] } }),
    )
    expect(principal?.scopes).toContain('collections:write')
    expect(principal?.scopes).not.toContain('admin')
    expect(await tokens.authenticate(await sign({ scope: 'admin' }))).toBeUndefined()
  })

  it.each<[string, () => Promise<string>]>([
    ['of another issuer', () => sign({ iss: 'https://other.example' })],
    ['for another audience', () => sign({ aud: 'other' })],
    ['without an audience', () => sign({ aud: undefined as never })],
    ['that has ended', () => sign({ exp: inSeconds(-60) })],
    ['without an end', () => sign({ exp: undefined as never })],
    ['that does not hold yet', () => sign({ nbf: inSeconds(120) })],
    ['without a subject', () => sign({ sub: undefined as never })],
    ['with an empty subject', () => sign({ sub: '' })],
    ['without any scope', () => sign({ scope: 'openid email' })],
    ['signed by another key of the same id', () => sign({}, foreign)],
    ['of a key that is not in the list', () => sign({}, { ...own, kid: 'made-up' })],
    ['without a signature', async () => (await sign()).replace(/[^.]+$/, 'AAAA')],
    [
      'with other claims than were signed',
      async () => {
        const [head, , signature] = (await sign()).split('.')
        const [, body] = (await sign({ scope: 'admin' })).split('.')
        return `${head}.${body}.${signature}`
      },
    ],
  ])('%s is refused', async (_, make) => {
    expect(await setUp().authenticate(await make())).toBeUndefined()
  })

  it('without an algorithm is refused', async () => {
    const claims = { iss: issuer, aud: 'faces', sub: 'x', scope: 'admin', exp: inSeconds(300) }
    const token = new UnsecuredJWT(claims).encode()
    expect(setUp().isToken(token)).toBe(false)
    for (const alg of ['none', 'None', 'nOnE', '']) {
      const head = base64url.encode(JSON.stringify({ alg, kid: 'own' }))
      const body = base64url.encode(JSON.stringify(claims))
      expect(await setUp().authenticate(`${head}.${body}.AAAA`)).toBeUndefined()
    }
  })

  it('whose secret is the public key is refused', async () => {
    const spki = new TextEncoder().encode(await exportSPKI(rsa.publicKey))
    const claims = { iss: issuer, aud: 'faces', sub: 'x', scope: 'admin', exp: inSeconds(300) }
    for (const kid of ['rsa', 'own']) {
      const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid }).sign(spki)
      expect(await setUp().authenticate(token)).toBeUndefined()
    }
  })

  it('by an algorithm that is not allowed is refused, with a right key too', async () => {
    expect(await setUp({ algorithms: ['ES256'] }).authenticate(await sign({}, rsa))).toBeUndefined()
  })

  it('with a key, or the address of keys, of its own is refused', async () => {
    const jwk = await exportJWK(foreign.publicKey)
    const claims = { iss: issuer, aud: 'faces', sub: 'x', scope: 'admin', exp: inSeconds(300) }
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'foreign', jwk, jku: 'https://evil.example/keys' })
      .sign(foreign.privateKey)
    expect(await setUp().authenticate(token)).toBeUndefined()
  })
})

describe('the keys of the issuer', () => {
  it('are read once, and again for a key that is new', async () => {
    const tokens = setUp({ jwksAgainAfterMs: 0 })
    for (let i = 0; i < 3; i++) expect(await tokens.authenticate(await sign())).toBeDefined()
    expect(reads).toBe(1)
    listed = [own, next]
    expect(await tokens.authenticate(await sign({}, next))).toBeDefined()
    expect(reads).toBe(2)
  })

  it('are not read for each made-up key', async () => {
    const tokens = setUp()
    await tokens.authenticate(await sign())
    for (let i = 0; i < 20; i++) {
      await tokens.authenticate(await sign({}, { ...own, kid: `made-up ${i}` }))
    }
    expect(reads).toBe(1)
  })

  it('that cannot be read are no refusal of the token', async () => {
    const tokens = setUp()
    failing = true
    await expectCode(tokens.authenticate(await sign()), 'signInUnavailable')
    failing = false
    expect(await tokens.authenticate(await sign())).toBeDefined()
    const lying = setUp({ issuer: `${issuer}/other` })
    await expectCode(lying.authenticate(await sign()), 'signInUnavailable')
  })
})
