import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createOidcSignIn } from '../../src/access/oidc.ts'
import { createApp } from '../../src/http/app.ts'
import { auditPage, auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, patience } from '../helpers/browser-dashboard.ts'
import { startProvider, type TestProvider } from '../helpers/oidc-provider.ts'
import { createTestServices, type TestServices } from '../http/services.ts'
import { findFreePort } from '../servers/free-ports.ts'

const webRoot = fileURLToPath(new URL('../../dist/web/', import.meta.url))
const configuredKey = 'the key of the configuration'
const apiKeys = [createHash('sha256').update(configuredKey).digest('hex')]
const title = `signing in and out${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let browser: Browser
  let services: TestServices
  let provider: TestProvider
  let app: FastifyInstance
  let baseUrl: string
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchBrowser()
    const port = await findFreePort()
    baseUrl = `http://localhost:${port}/`
    provider = await startProvider(baseUrl)
    provider.accounts.set('ann', { name: 'Ann', groups: ['face-admins'] })
    provider.accounts.set('bob', { name: 'Bob', groups: ['staff'] })
    services = await createTestServices()
    const { issuer, clientId, clientSecret } = provider
    const oidc = createOidcSignIn({
      ...{ issuer, clientId, clientSecret, baseUrl, scopes: ['openid', 'profile'] },
      mapping: { claim: 'groups', names: [['face-admins', 'admin']] },
    })
    app = await createApp({ ...services, oidc: { ...oidc, name: 'Company' } }, { webRoot, apiKeys })
    await app.listen({ host: '127.0.0.1', port })
  })
  afterAll(async () => {
    await browser?.close()
    app?.server.closeAllConnections()
    await app?.close()
    await services?.close()
    await provider?.close()
  })
  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })
    page = await context.newPage()
    page.setDefaultTimeout(patience.timeout)
    complaints = collectComplaints(page)
  })
  afterEach(() => context?.close())

  const dialog = () => page.getByRole('dialog', { name: 'Sign in' })
  const openSettings = () => page.getByRole('button', { name: 'Language and appearance' }).click()

  async function signInWithKey(key = configuredKey): Promise<void> {
    await page.goto(`${baseUrl}#/people`)
    await dialog().getByLabel('API key').fill(key)
    await dialog().getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  async function signInAtProvider(account: string): Promise<void> {
    await page.goto(`${baseUrl}#/people`)
    await dialog().getByRole('link', { name: 'Sign in with Company' }).click()
    await page.locator('[name=login]').fill(account)
    await page.locator('[name=password]').fill('x')
    await page.locator('[type=submit]').click()
    // Not the button of the form before.
    await page.locator('[name=prompt][value=consent]').waitFor({ state: 'attached' })
    await page.locator('form [type=submit]').click()
  }

  test('by a key: the browser has a cookie that no script reads, and goes on where it was', async () => {
    await signInWithKey('a wrong key')
    await dialog().getByText('did not accept').waitFor()
    await dialog().getByLabel('API key').fill(configuredKey)
    await page.keyboard.press('Enter')
    await page.getByText('Nobody is registered yet.').waitFor()
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: false })
    const seen = await page.evaluate<string>(
      'JSON.stringify([document.cookie, {...sessionStorage}, {...localStorage}])',
    )
    expect(seen).not.toMatch(/faceWatcherSession|the key/)
    await page.reload()
    await page.getByText('Nobody is registered yet.').waitFor()
    // Something that changes needs the token that the page asked for after the reload.
    await page.goto(`${baseUrl}#/collections`)
    await page.getByRole('button', { name: 'New collection' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('door')
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })

    await openSettings()
    await page.getByText('Signed in as a key of the configuration').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await dialog().waitFor()
    expect(await context.cookies()).toEqual([])
  })

  test('everywhere ends the sessions of other browsers too', async () => {
    const { key } = await services.keys.create({ name: 'ann', scopes: ['admin'] })
    await signInWithKey(key)
    await page.getByText('Nobody is registered yet.').waitFor()
    const other = await browser.newContext({ locale: 'en-GB' })
    const second = page
    page = await other.newPage()
    await signInWithKey(key)
    await page.getByText('Nobody is registered yet.').waitFor()
    await openSettings()
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await dialog().waitFor()
    page = second
    await page.reload()
    await dialog().waitFor()
    await other.close()
  })

  test('by the provider: there, back to where one was, and out again', async () => {
    await signInAtProvider('ann')
    await page.getByText('Nobody is registered yet.').waitFor()
    expect(page.url()).toBe(`${baseUrl}#/people`)
    const [cookie] = (await context.cookies(baseUrl)).filter(({ name }) => /Session$/.test(name))
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    await openSettings()
    await page.getByText('Signed in as Ann').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(`${provider.issuer}/**`)
    await page.locator('[type=submit][value=yes], button[autofocus]').first().click()
    await page.waitForURL(`${baseUrl}**`)
    await dialog().waitFor()
  })

  test('of somebody without a role ends on a page that says so', async () => {
    await signInAtProvider('bob')
    await page.getByRole('heading', { name: 'Nothing has been allowed to you' }).waitFor()
    expect(await auditPage(page, 'sign-in-refused')).toEqual([])
    await page.getByRole('link', { name: 'Back to Face Watcher' }).click()
    await dialog().waitFor()
  })

  test('looks right in both appearances and is said to everybody', async () => {
    const ready = (opened: Page) =>
      opened.getByRole('link', { name: 'Sign in with Company' }).waitFor()
    const url = `${baseUrl}#/people`
    expect(await auditScreen(browser, { name: 'sign-in', url, ready })).toEqual([])
    await signInWithKey()
    await openSettings()
    await page.getByText('Signed in as a key of the configuration').waitFor()
    expect(await auditPage(page, 'signed-in')).toEqual([])
    expect(complaints).toEqual([])
  })
})
