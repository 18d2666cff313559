import { readFile } from 'node:fs/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { type Region, samplePhoto } from '../helpers/fake-camera.ts'

// The woman on the right of sample1 and the one in the middle of sample3 are the same person.
const annInSample1: Region = { left: 1300, top: 60, width: 560, height: 560 }
const annInSample3: Region = { left: 960, top: 80, width: 420, height: 520 }
const manInSample6: Region = { left: 130, top: 380, width: 450, height: 500 }

/** Each look opens the page four times. */
const manyLooksMs = 240_000

const title = `the inbox of strangers with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let complaints: string[]
  let strangers: Locator
  let panel: Locator

  beforeAll(async () => {
    server = await startServerProcess()
    browser = await launchBrowser()
    page = await browser.newPage()
    complaints = collectComplaints(page)
    strangers = page.getByRole('list', { name: 'Strangers' }).getByRole('link')
    panel = page.getByRole('article')
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    expect(complaints).toEqual([])
  })

  const cut = (number: number, region: Region) =>
    sharp(samplePhoto(number)).extract(region).jpeg().toBuffer()

  async function send(path: string, init: RequestInit, collection = 'default') {
    const answer = await fetch(`${server.url}v1/collections/${collection}/${path}`, init)
    expect(answer.ok).toBe(true)
    return answer.json() as Promise<Record<string, unknown>>
  }

  function toForm(image: Buffer, field: string, fields: Readonly<Record<string, string>> = {}) {
    const body = new FormData()
    for (const [key, value] of Object.entries(fields)) body.append(key, value)
    body.append(field, new Blob([new Uint8Array(image)]), 'frame.jpg')
    return { method: 'POST', body }
  }

  /** Somebody looks into a camera. */
  async function see(image: Buffer, source: string, collection = 'default') {
    const path = `identify?source=${encodeURIComponent(source)}`
    const { faces } = await send(path, toForm(image, 'image'), collection)
    return (faces as { decision: string; candidates: { personName: string }[] }[])[0]
  }

  async function countStrangers(status = 'shown', collection = 'default'): Promise<number> {
    const { items } = await send(`strangers?status=${status}`, {}, collection)
    return (items as unknown[]).length
  }

  /** Opens the list again: what was seen since then is not waited for. */
  async function look(status = 'Unknown') {
    await openTab(page, 'People')
    await openTab(page, 'Unknown')
    if (status !== 'Unknown') {
      await page.getByRole('group', { name: 'Which strangers' }).getByText(status).click()
    }
  }

  const audit = (name: string, address: string, ready: (page: Page) => Promise<unknown>) =>
    auditScreen(browser, { name, url: `${server.url}#${address}`, ready })

  test('says that nothing is kept, and keeps it from then on', async () => {
    const findings = await audit('unknown-off', '/unknown', (one) =>
      one.getByRole('heading', { name: 'does not keep unknown faces' }).waitFor(),
    )
    expect(findings).toEqual([])
    await openTab(page, 'Unknown')
    await page.getByRole('heading', { name: 'does not keep unknown faces' }).waitFor()
    await page.getByLabel('Keep for', { exact: true }).fill('24')
    await page.getByLabel('Hours or days').selectOption('hours')
    await page.getByRole('button', { name: 'Keep unknown faces' }).click()
    await page.getByText('Unknown faces are kept for 1 day, with pictures.').waitFor()
    await page.getByText('Nobody waits.').waitFor()
    const details = await fetch(`${server.url}v1/collections/default`)
    expect(await details.json()).toMatchObject({ keepUnknown: { hours: 24, crops: true } })
    await page.getByText('What happens to the pictures').click()
    await page.getByText('what is needed to know them again, for 24 hours').waitFor()
  })

  test('lists who was seen, most often first, with pictures, times and places', async () => {
    await see(await cut(1, annInSample1), 'Front door')
    await see(await cut(3, annInSample3), 'Garage')
    await see(await cut(6, manInSample6), 'Garage')
    await expect.poll(() => countStrangers(), patience).toBe(2)
    await look()
    await expect.poll(() => strangers.count(), patience).toBe(2)
    expect(await strangers.nth(0).textContent()).toContain('Seen 2 times')
    expect(await strangers.nth(1).textContent()).toContain('Seen once')
    await strangers.nth(0).getByRole('img', { name: 'Picture of' }).waitFor()
    await page.getByText('2 strangers').waitFor()
    // The first one is opened by itself.
    await panel.getByRole('heading', { name: 'Seen 2 times' }).waitFor()
    await panel.getByText('Front door').waitFor()
    expect(await panel.getByRole('checkbox').count()).toBe(2)
  })

  test(
    'has no fault that axe-core finds, in both appearances and widths',
    async () => {
      const { items } = await send('strangers?sort=count', {})
      const [{ id }] = items as [{ id: string }]
      const findings = await audit('unknown', `/unknown?stranger=${id}`, async (one) => {
        await one.getByRole('article').getByRole('img').nth(2).waitFor()
      })
      expect(findings).toEqual([])
      const buffer = await cut(6, manInSample6)
      const file = { name: 'me.jpg', mimeType: 'image/jpeg', buffer }
      const searches = await audit('unknown-find', '/unknown/find', async (one) => {
        await one.locator('input[type=file]').setInputFiles(file)
        await one
          .getByText(/As similar by chance: .*1 in/)
          .first()
          .waitFor()
        await one.getByRole('button', { name: 'See what would be erased' }).click()
        await one.getByRole('button', { name: /^Erase/ }).waitFor()
      })
      expect(searches).toEqual([])
    },
    manyLooksMs,
  )

  test('keeps filter, order and who is opened in the address', async () => {
    await page.getByLabel('First').selectOption('seen last')
    await expect.poll(() => strangers.nth(0).textContent(), patience).toContain('Seen once')
    await strangers.nth(1).click()
    await panel.getByRole('heading', { name: 'Seen 2 times' }).waitFor()
    expect(page.url()).toContain('sort=latest')
    await page.reload()
    await panel.getByRole('heading', { name: 'Seen 2 times' }).waitFor()
    expect(await strangers.nth(1).getAttribute('aria-current')).not.toBeNull()
    await page.getByLabel('First').selectOption('seen most often')
  })

  test('assigns a stranger by name, who is then identified, and takes it back', async () => {
    await panel.getByRole('heading', { name: 'Seen 2 times' }).waitFor()
    await panel.getByRole('button', { name: 'Say who it is' }).click()
    const dialog = page.getByRole('dialog', { name: 'Who is it?' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Ann')
    await dialog.getByRole('option', { name: 'New person: Ann' }).click()
    await page.getByText('It is Ann: 2 photographs registered.').waitFor()
    // The next one opens by itself, and the count goes down.
    await panel.getByRole('heading', { name: 'Seen once' }).waitFor()
    await page.getByText('1 stranger', { exact: true }).waitFor()
    const face = await see(await cut(1, annInSample1), 'Front door')
    expect([face?.decision, face?.candidates[0]?.personName]).toEqual(['match', 'Ann'])

    await page.getByRole('button', { name: 'Undo' }).last().click()
    await page.getByText('Undone.').waitFor()
    await expect.poll(() => strangers.count(), patience).toBe(2)
    const again = await see(await cut(1, annInSample1), 'Front door')
    expect(again?.decision).toBe('unknown')
    await expect.poll(() => countStrangers(), patience).toBe(2)
  })

  test('enrols the sightings that were chosen, and lists who is assigned', async () => {
    await look()
    await panel.getByRole('heading', { name: 'Seen 3 times' }).waitFor()
    await panel.getByRole('checkbox').nth(1).check()
    await panel.getByText('1 photograph will be registered.').waitFor()
    await page.keyboard.press('a')
    const dialog = page.getByRole('dialog', { name: 'Who is it?' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Ann')
    await dialog.getByRole('option', { name: 'New person: Ann' }).click()
    await page.getByText('It is Ann: 1 photograph registered.').waitFor()
    await look('Assigned')
    await panel.getByText('It is Ann.').waitFor()
    await page.getByRole('link', { name: 'Find a face' }).click()
    await page.getByRole('button', { name: 'Choose a person' }).click()
    await page.getByRole('option', { name: 'Ann' }).click()
    await page.getByText('3 sightings').waitFor()
  })

  test('suggests an enrolled person with how rare the likeness is', async () => {
    // So strict that Ann is unknown in another photograph.
    const door = {
      ...{ name: 'door', keepUnknown: { crops: true } },
      policy: { threshold: 0.99, possibleThreshold: 0.98 },
    }
    const made = await fetch(`${server.url}v1/collections`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(door),
    })
    expect(made.status).toBe(201)
    const ann = toForm(await cut(1, annInSample1), 'images', { name: 'Ann' })
    await send('persons', ann, 'door')
    await see(await cut(3, annInSample3), 'Porch', 'door')
    await expect.poll(() => countStrangers('shown', 'door'), patience).toBe(1)
    await page.goto(`${server.url}#/unknown?collection=door`)
    // The collection is newer than the page's list of them.
    await page.reload()
    await panel.getByText('Looks like Ann').waitFor()
    await panel.getByText(/As similar by chance: .*1 in [\d,]+ strangers/).waitFor()
    await page.keyboard.press('1')
    await page.getByText('It is Ann: 1 photograph registered.').waitFor()
    await page.getByText('Nobody waits.').waitFor()
    await page.goto(`${server.url}#/unknown?collection=default`)
  })

  test('ignores, undoes, ignores and shows again', async () => {
    await look()
    await panel.getByRole('button', { name: 'Ignore' }).click()
    await page.getByText('Ignored. It is not shown any more.').waitFor()
    await page.getByText('Nobody waits.').waitFor()
    expect(await countStrangers('ignored')).toBe(1)
    await page.getByRole('button', { name: 'Undo' }).last().click()
    await expect.poll(() => strangers.count(), patience).toBe(1)
    await page.keyboard.press('i')
    await page.getByText('Nobody waits.').waitFor()
    await page.getByRole('group', { name: 'Which strangers' }).getByText('Ignored').click()
    await panel.getByRole('button', { name: 'Show again' }).click()
    await page.getByText('Nobody is ignored.').waitFor()
    await expect.poll(() => countStrangers(), patience).toBe(1)
  })

  test('works by the keyboard alone: next, skip, name', async () => {
    // Four people, of whom one was seen before.
    await see(await readFile(samplePhoto(6)), 'Gate')
    await expect.poll(() => countStrangers(), patience).toBeGreaterThan(3)
    await look()
    await strangers.first().waitFor()
    const total = await strangers.count()
    expect(total).toBeGreaterThan(1)
    const current = () => page.locator('.stranger-link[aria-current]').getAttribute('href')
    const first = await current()
    await page.keyboard.press('j')
    await expect.poll(current, patience).not.toBe(first)
    await page.keyboard.press('k')
    await expect.poll(current, patience).toBe(first)
    await page.keyboard.press('s')
    await expect.poll(current, patience).not.toBe(first)
    await page.keyboard.press('a')
    const name = page
      .getByRole('dialog', { name: 'Who is it?' })
      .getByRole('textbox', { name: 'Name' })
    await name.waitFor()
    await page.keyboard.type('Bob')
    await page.getByRole('option', { name: 'New person: Bob' }).waitFor()
    // The list is of this name: nobody has it.
    const options = page.getByRole('dialog', { name: 'Who is it?' }).getByRole('option')
    await expect.poll(() => options.count(), patience).toBe(1)
    await page.keyboard.press('Enter')
    await page.getByText(/It is Bob: \d photographs? registered\./).waitFor()
    await expect.poll(() => strangers.count(), patience).toBe(total - 1)
    // The focus is on who comes next, so that keys go on.
    await expect
      .poll(() => page.evaluate<string>('document.activeElement.tagName'), patience)
      .toBe('H2')
  })

  test('leaves single letters alone where that is wished', async () => {
    const choice = page.getByRole('checkbox', { name: 'Single keys' })
    await choice.uncheck()
    const before = await countStrangers()
    await panel.getByRole('heading', { level: 2 }).focus()
    await page.keyboard.press('i')
    expect(await page.locator('.inbox .key-hint').first().isVisible()).toBe(false)
    expect(await countStrangers()).toBe(before)
    await choice.check()
    await panel.getByRole('heading', { level: 2 }).focus()
  })

  test('discards after a question, and keys rest while it is open', async () => {
    const before = await countStrangers()
    await page.keyboard.press('d')
    const question = page.getByRole('alertdialog', { name: 'Discard this stranger?' })
    await question.waitFor()
    await page.keyboard.press('i')
    await page.keyboard.press('Escape')
    expect(await countStrangers()).toBe(before)
    await page.keyboard.press('d')
    await question.getByRole('button', { name: 'Discard' }).click()
    await page.getByText('Discarded, with all its sightings.').waitFor()
    expect(await countStrangers()).toBe(before - 1)
  })

  test('finds a face in what was seen, and erases what resembles it after a look', async () => {
    await see(await cut(6, manInSample6), 'Garage')
    await page.getByRole('link', { name: 'Find a face' }).click()
    const buffer = await cut(6, manInSample6)
    const file = { name: 'me.jpg', mimeType: 'image/jpeg', buffer }
    await page.locator('input[type=file]').setInputFiles(file)
    await page
      .getByText(/\d sightings?/)
      .first()
      .waitFor()
    await page
      .getByText(/As similar by chance: .*1 in/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'See what would be erased' }).click()
    const erase = page.getByRole('button', { name: /^Erase \d sightings?$/ })
    await erase.click()
    await page.getByText(/\d sightings? (was|were) erased\./).waitFor()
    await page.getByText('Nothing like it was seen.').waitFor()
  })

  test('keeps nothing any more after a question', async () => {
    await page.getByRole('link', { name: 'Back to the strangers' }).click()
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('button', { name: 'Keep nothing any more' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Keep nothing any more' }).click()
    await page.getByRole('heading', { name: 'does not keep unknown faces' }).waitFor()
  })
})
