import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentSecurityPolicy } from '../helpers/mock-api.ts'
import { type Client, createClient } from './client.ts'

const big = `export const text = '${'many words '.repeat(500)}'`
let webRoot: string
let client: Client
beforeAll(async () => {
  webRoot = mkdtempSync(join(tmpdir(), 'face-watcher-page-'))
  mkdirSync(join(webRoot, 'assets'))
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>Face Watcher</title>')
  writeFileSync(join(webRoot, 'assets', 'app-1a2b.js'), 'export {}')
  writeFileSync(join(webRoot, 'assets', 'big-3c4d.js'), big)
  writeFileSync(join(webRoot, 'assets', 'big-3c4d.js.br'), brotliCompressSync(big))
  writeFileSync(join(webRoot, 'assets', 'big-3c4d.js.gz'), gzipSync(big))
  client = await createClient({ webRoot, apiKeys: ['0'.repeat(64)] })
})
afterAll(async () => {
  await client.close()
  rmSync(webRoot, { recursive: true })
})

it('serves the page at / without a key and lets browsers ask for news', async () => {
  const { status, headers, body } = await client.send('GET', '/')
  expect([status, headers['cache-control']]).toEqual([200, 'no-cache'])
  expect(headers['content-type']).toMatch(/^text\/html/)
  expect(body).toContain('<title>Face Watcher</title>')
})

it('forbids inline styles and scripts, blob: and data:, as the stand-in of the browser tests does', async () => {
  for (const url of ['/', '/assets/app-1a2b.js', '/v1/collections']) {
    const { headers } = await client.send('GET', url)
    expect([url, headers['content-security-policy']]).toEqual([url, contentSecurityPolicy])
  }
  expect(contentSecurityPolicy).not.toMatch(/unsafe|blob:|data:|https?:|\*/)
})

it('lets the description of the API have the styles and images that it needs', async () => {
  const { status, headers } = await client.send('GET', '/docs/')
  expect(status).toBe(200)
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("style-src 'self' 'unsafe-inline'")
  expect(policy).toMatch(/script-src 'self'( |;|$)/)
  expect(policy).toContain("img-src 'self' data:")
})

it('lets browsers keep assets, whose names change with their content', async () => {
  const { status, headers } = await client.send('GET', '/assets/app-1a2b.js')
  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

it('answers notFound for files that are not there or lie outside', async () => {
  for (const url of ['/assets/none.js', '/..%2F..%2Fetc%2Fpasswd', '/assets/']) {
    const { status, json } = await client.send('GET', url)
    expect([url, status, json.code]).toEqual([url, 404, 'notFound'])
  }
})

describe('a file that the build has compressed', () => {
  const url = '/assets/big-3c4d.js'
  const get = (headers: Record<string, string>) =>
    client.app.inject({ method: 'GET', url, headers })

  it.each([
    ['br', 'gzip, deflate, br, zstd', (bytes: Buffer) => brotliDecompressSync(bytes)],
    ['gzip', 'gzip', (bytes: Buffer) => gunzipSync(bytes)],
    [undefined, 'identity', (bytes: Buffer) => bytes],
  ])('is sent as %s to who accepts %s', async (encoding, accepted, decode) => {
    const { statusCode, headers, rawPayload } = await get({ 'accept-encoding': accepted })
    expect([statusCode, headers['content-encoding']]).toEqual([200, encoding])
    expect(headers['content-type']).toMatch(/^text\/javascript/)
    expect(headers['content-length']).toBe(String(rawPayload.length))
    expect(headers.vary).toBe('accept-encoding')
    expect(decode(rawPayload).toString()).toBe(big)
  })

  it('is known to a client by the tag of the encoding that it has', async () => {
    const first = await get({ 'accept-encoding': 'br' })
    const etag = String(first.headers.etag)
    const again = await get({ 'accept-encoding': 'br', 'if-none-match': etag })
    expect([again.statusCode, again.headers.vary]).toEqual([304, 'accept-encoding'])
    expect((await get({ 'accept-encoding': 'gzip', 'if-none-match': etag })).statusCode).toBe(200)
    expect((await get({ 'if-none-match': etag })).statusCode).toBe(200)
  })

  it('has no address for its compressed copies', async () => {
    expect((await client.send('GET', `${url}.br`)).status).toBe(404)
  })

  it('is compressed in no other case', async () => {
    const { headers } = await client.send('GET', '/assets/app-1a2b.js', {
      headers: { 'accept-encoding': 'br' },
    })
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined])
  })
})
