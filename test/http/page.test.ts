import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

let webRoot: string
let client: Client
beforeAll(async () => {
  webRoot = mkdtempSync(join(tmpdir(), 'face-watcher-page-'))
  mkdirSync(join(webRoot, 'assets'))
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>Face Watcher</title>')
  writeFileSync(join(webRoot, 'assets', 'app-1a2b.js'), 'export {}')
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
