import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { patience } from '../helpers/browser-dashboard.ts'
import { type Client, createClient } from '../http/client.ts'
import { findFreePort } from '../servers/free-ports.ts'

const webRoot = fileURLToPath(new URL('../../dist/web/', import.meta.url))
const apiKeys = [createHash('sha256').update('the key').digest('hex')]
const title = `the page that is installed, and its server stopped${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let browser: Browser
  let port: number
  let client: Client | undefined
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    port = await findFreePort()
  })
  afterEach(async () => {
    await context?.close()
    await stopServer()
  })

  async function startServer(options: { readonly apiKeys?: readonly string[] } = {}) {
    client = await createClient({ webRoot, host: '127.0.0.1', ...options })
    await client.app.listen({ host: '127.0.0.1', port })
  }
  async function stopServer(): Promise<void> {
    client?.app.server.closeAllConnections()
    await client?.close()
    client = undefined
  }
  async function open(url: string, locale = 'en-GB'): Promise<void> {
    context = await browser.newContext({ locale })
    page = await context.newPage()
    await page.goto(url)
  }
  /** Resolves when the worker has kept the page that it shows. */
  const untilKept = () => page.evaluate('navigator.serviceWorker.ready.then(() => 0)')

  test('a reload says that the server is gone, and the page comes back by itself', async () => {
    await startServer()
    await open(`http://localhost:${port}/#/people`)
    await page.getByText('Nobody is registered yet.').waitFor()
    await untilKept()
    await stopServer()
    await page.reload()
    await page.getByRole('heading', { name: 'Face Watcher cannot be reached' }).waitFor()
    await page.getByText('It is tried again every few seconds.').waitFor()
    await startServer()
    await page.getByText('Nobody is registered yet.').waitFor()
    expect(new URL(page.url()).hash).toBe('#/people')
  })

  /** Presses the button, unless the page comes back by itself at this moment. */
  async function tryAgain(name: string): Promise<void> {
    const button = page.getByRole('button', { name })
    await button.click({ timeout: 5000 }).catch(() => undefined)
  }

  test('nothing of the API is kept, with a key or without', async () => {
    await startServer({ apiKeys })
    await open(`http://localhost:${port}/#/people`)
    const signIn = async () => {
      const key = page.getByRole('dialog').getByRole('textbox')
      await key.fill('the key')
      await key.press('Enter')
    }
    await signIn()
    await page.getByText('Nobody is registered yet.').waitFor()
    await untilKept()
    // Now that the worker is there, it sees what the page asks for.
    await page.reload()
    await page.getByText('Nobody is registered yet.').waitFor()
    expect(await page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true)
    const kept = await page.evaluate<readonly string[]>(listKept)
    expect(kept).toEqual(['/icon.svg', '/offline.css', '/offline.html', '/offline.js'])
    await stopServer()
    await page.reload()
    await page.getByRole('heading', { name: 'Face Watcher cannot be reached' }).waitFor()
    await startServer({ apiKeys })
    await tryAgain('Try now')
    // The database is another one, and has no session.
    await signIn()
    await page.getByText('Nobody is registered yet.').waitFor()
  })

  test('speaks German, also below a path of a proxy that answers 502 meanwhile', async () => {
    await startServer()
    const proxy = await startProxy(port)
    try {
      await open(`http://localhost:${proxy.port}/faces/`, 'de-DE')
      await page.getByRole('heading', { level: 1, name: 'Erkennen' }).waitFor()
      await untilKept()
      await stopServer()
      await page.reload()
      await page.getByRole('heading', { name: 'Face Watcher ist nicht erreichbar' }).waitFor()
      // Its script and its style sheet have come, too.
      const seen = () =>
        page.evaluate<readonly string[]>(
          "[document.documentElement.lang, getComputedStyle(document.querySelector('button')).borderRadius]",
        )
      await expect.poll(seen, patience).toEqual(['de', '9px'])
      await startServer()
      await tryAgain('Jetzt versuchen')
      await page.getByRole('heading', { level: 1, name: 'Erkennen' }).waitFor()
    } finally {
      await proxy.close()
    }
  })

  test('the browser can install the page', async () => {
    await startServer()
    await open(`http://localhost:${port}/`)
    await page.getByRole('heading', { level: 1, name: 'Identify' }).waitFor()
    const session = await context.newCDPSession(page)
    const { errors, data } = await session.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { icons } = JSON.parse(String(data)) as { icons: readonly { src: string }[] }
    for (const { src } of icons) {
      const { status, headers } = await page.request
        .get(new URL(src, page.url()).href)
        .then((answer) => ({ status: answer.status(), headers: answer.headers() }))
      expect([src, status, headers['content-type']?.startsWith('image/')]).toEqual([src, 200, true])
    }
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    // Playwright's windows are private ones, which install nothing.
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito'])
  })

  test('the page without a server has no fault that axe-core finds', async () => {
    await startServer()
    const findings = await auditScreen(browser, {
      name: 'offline',
      url: `http://localhost:${port}/offline.html`,
      // It is looked at while the server is there: then it goes on by itself, but not at once.
      ready: (seen) => seen.getByRole('button', { name: 'Try now' }).waitFor(),
    })
    expect(findings).toEqual([])
  })
})

/** Runs in the page. */
const listKept = `caches.keys().then(async (names) => {
  const caches_ = await Promise.all(names.map((name) => caches.open(name)))
  const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat()
  return requests.map(({ url }) => new URL(url).pathname).sort()
})`

/** A reverse proxy that has the server at /faces/, and answers 502 while it is stopped. */
async function startProxy(target: number): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    const path = request.url?.replace(/^\/faces/, '') ?? '/'
    try {
      const answer = await fetch(`http://localhost:${target}${path}`)
      const { headers } = answer
      const kept = ['content-type', 'content-security-policy'].map(
        (name) => [name, headers.get(name) ?? ''] as const,
      )
      response.writeHead(answer.status, Object.fromEntries(kept))
      response.end(Buffer.from(await answer.arrayBuffer()))
    } catch {
      response.writeHead(502, { 'content-type': 'text/plain' }).end('Bad gateway')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
