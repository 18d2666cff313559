import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience } from '../helpers/browser-dashboard.ts'
import { cutFace, decide, enrolPhoto } from '../helpers/browser-people.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { testInstaller } from '../helpers/models.ts'

const title = `collections with the real server${skippedWithoutChromium}`
const collection = 'guests'

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    await (await testInstaller()).install(['sface'])
    server = await startServerProcess()
    browser = await launchBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(patience.timeout)
    complaints = collectComplaints(page)
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    expect(complaints).toEqual([])
  })

  const button = (name: string | RegExp): Locator => page.getByRole('button', { name })
  const part = (name: string): Locator =>
    page.getByRole('navigation', { name: 'Parts of the collection' }).getByRole('link', { name })
  const details = async () => {
    const answer = await fetch(`${server.url}v1/collections/${collection}`)
    return (await answer.json()) as {
      readonly modelId: string
      readonly policy: { readonly maxFpir: number }
      readonly storeCrops: boolean
      readonly keepUnknown?: { readonly hours: number; readonly crops: boolean }
    }
  }
  const audit = (name: string, address: string, ready: (one: Page) => Promise<unknown>) =>
    auditScreen(browser, { name, url: `${server.url}#${address}`, ready })

  test('makes a collection and leads to its settings', async () => {
    await openTab(page, 'Collections')
    await button('New collection').click()
    const dialog = page.getByRole('dialog', { name: 'New collection' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill(collection)
    await dialog.getByRole('radio', { name: /Balanced/ }).check()
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { level: 1, name: `Settings of ${collection}` }).waitFor()
    await page.getByText(`${collection} was created.`).waitFor()
    expect(page.url()).toContain(`collection=${collection}`)
    expect(await details()).toMatchObject({ modelId: 'mobilefacenet', storeCrops: false })
  })

  test('says what is wrong with a second one of the same name', async () => {
    await page.getByRole('link', { name: 'All collections' }).click()
    await button('New collection').click()
    const dialog = page.getByRole('dialog', { name: 'New collection' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill(collection)
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('link', { name: `Settings of ${collection}` }).click()
    await page.getByRole('heading', { level: 1, name: `Settings of ${collection}` }).waitFor()
  })

  test('keeps photographs of faces by one click, which can be taken back', async () => {
    await page.getByText('lets you recognise people here').waitFor()
    await button('Keep photographs of faces').click()
    await button('Stop keeping photographs').waitFor()
    await button('Undo').click()
    await button('Keep photographs of faces').click()
    await button('Stop keeping photographs').waitFor()
    expect((await details()).storeCrops).toBe(true)
  })

  test('keeps unknown people for some days, with a photograph of each', async () => {
    await page.getByLabel('Keep for', { exact: true }).fill('3')
    await page.getByLabel('Hours or days').selectOption('days')
    const pictures = page.getByRole('checkbox', { name: 'Keep a small picture of each face' })
    expect(await pictures.isChecked()).toBe(true)
    await button('Keep unknown faces').click()
    await page.getByText('Unknown faces are kept for 3 days, with pictures.').waitFor()
    expect((await details()).keepUnknown).toMatchObject({ hours: 72, crops: true })
    await pictures.uncheck()
    await button('Save').click()
    await page.getByText('Unknown faces are kept for 3 days, without pictures.').waitFor()
    await button('Keep nothing any more').click()
    const question = page.getByRole('alertdialog', { name: /Erase all unknown faces/ })
    await question.getByRole('button', { name: 'Keep nothing any more' }).click()
    await button('Keep unknown faces').waitFor()
    expect((await details()).keepUnknown).toBeUndefined()
  })

  test('shows what follows from a rate before it is applied, and decides by it afterwards', async () => {
    await enrolPhoto(server.url, { collection, name: 'Ann', photo: await cutFace('ann') })
    // So poor a photograph (a similarity of 0.50) is enough for the rate in force (0.41), and not for
    // a very strict one (0.54).
    const photo = await cutFace('annAgain', { width: 100, quality: 30 })
    expect((await decide(server.url, { collection, photo })).decision).toBe('match')
    await page.reload()

    const slider = page.getByRole('slider', { name: 'Strangers who get a name, in 1,000' })
    const similarity = page.locator('.outcomes > div', { hasText: 'Similarity that is needed' })
    const before = await similarity.locator('strong').textContent()
    await slider.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => slider.getAttribute('aria-valuetext'), patience).toBe('0.1 in 1,000')
    await page.getByText('now 10', { exact: true }).waitFor()
    await page.getByLabel('Or type a number').fill('0.001')
    await page.getByText('So rare an error was never counted').waitFor()
    const after = await similarity.locator('strong').textContent()
    expect(Number(after)).toBeGreaterThan(Number(before))
    // Nothing is applied yet.
    expect((await decide(server.url, { collection, photo })).decision).toBe('match')

    await button('Apply').click()
    await page.getByText('A name for 0.001 in 1,000 strangers').waitFor()
    await button('In force').waitFor()
    expect((await details()).policy.maxFpir).toBeCloseTo(1e-6, 12)
    const strict = await decide(server.url, { collection, photo })
    expect(strict.decision).not.toBe('match')
    expect(strict.similarity).toBeLessThan(Number(after))

    await button('Undo').click()
    await expect.poll(async () => (await details()).policy.maxFpir, patience).toBe(0.01)
    expect((await decide(server.url, { collection, photo })).decision).toBe('match')
  })

  test('has the numbers of the drawing as a table', async () => {
    await page.getByText('Show as a table').click()
    const table = page.getByRole('table', { name: /What mobilefacenet misses/ })
    await table.getByRole('rowheader', { name: '10', exact: true }).waitFor()
  })

  test('finds out that a person is there twice, and makes them one by a key', async () => {
    await enrolPhoto(server.url, { collection, name: 'Anna', photo: await cutFace('annAgain') })
    await enrolPhoto(server.url, { collection, name: 'Ben', photo: await cutFace('ben') })
    await part('Examination').click()
    await page.getByText('This collection was not examined yet.').waitFor()
    await button('Examine').click()
    const pair = page.getByRole('group', { name: 'Pair to decide: Ann and Anna' })
    await pair.getByRole('img', { name: 'Photo of Ann', exact: true }).waitFor()
    await pair.getByRole('img', { name: 'Photo of Anna', exact: true }).waitFor()
    await page.getByText('one photograph only').first().waitFor()
    await button('Different people').focus()
    await page.keyboard.press('d')
    await page.getByText('Ann and Anna are different people.').waitFor()
    await page.getByText('Every pair is decided.').waitFor()
    await button('Undo').click()
    await pair.waitFor()

    await button('Look for persons who are there twice').click()
    await page.reload()
    await pair.waitFor()
    await button('Same person').focus()
    await page.keyboard.press('m')
    await page.getByText('Anna is Ann now.').waitFor()
    await page.getByText('Every pair is decided.').waitFor()
    await button('Examine again').click()
    await page.getByText('Each of 2 faces of people with several').waitFor()
  })

  test('moves to another model after a comparison, and back', async () => {
    await part('Model').click()
    await page.getByText('mobilefacenet answers.').waitFor()
    await page.getByLabel('Another model').selectOption('sface')
    await button('Prepare and compare').click()
    await page.getByText(/of searches end alike/).waitFor({ timeout: 120_000 })
    await page.getByText('3 faces were embedded; all have an embedding.').waitFor()
    const table = page.getByRole('table', { name: 'Comparison' })
    await table.getByRole('rowheader', { name: 'sface' }).waitFor()
    await button('Let sface answer').click()
    await page.getByText('sface answers.').waitFor()
    expect((await details()).modelId).toBe('sface')
    await button('Let mobilefacenet answer').click()
    await page.getByText('mobilefacenet answers.').waitFor()
    expect((await details()).modelId).toBe('mobilefacenet')
    await button('Erase sface').click()
    const question = page.getByRole('alertdialog', { name: 'Erase what sface keeps?' })
    await question.getByRole('button', { name: 'Erase sface' }).click()
    await button('Prepare and compare').waitFor()
  })

  test('measures a model with photographs that are sent, and shows what it confuses', async () => {
    await openTab(page, 'Evaluation')
    await page.getByRole('figure', { name: /Errors of mobilefacenet/ }).waitFor()
    const folder = await mkdtemp(join(tmpdir(), 'face-watcher-labelled-'))
    try {
      const photos = [
        { name: 'Ann/1.jpg', photo: await cutFace('ann') },
        { name: 'Ann/2.jpg', photo: await cutFace('annAgain') },
        { name: 'Ben/1.jpg', photo: await cutFace('ben') },
        { name: 'Ben/2.jpg', photo: await cutFace('ben', { width: 200 }) },
      ]
      for (const { name, photo } of photos) {
        await mkdir(join(folder, dirname(name)), { recursive: true })
        await writeFile(join(folder, name), photo)
      }
      await page.getByLabel('Choose a folder').setInputFiles(folder)
      await page.getByText('4 of 4 photographs of 2 people').waitFor()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    await page.getByRole('figure', { name: 'How similar pairs are' }).waitFor()
    await page.getByRole('heading', { name: 'Different people who look most alike' }).waitFor()
    await page
      .getByRole('img', { name: /Ben\/1.jpg/ })
      .first()
      .waitFor()
  })

  const screens: readonly [name: string, address: string, text: string][] = [
    ['collection-model', `/collections/model?collection=${collection}`, '3 faces were embedded'],
    ['collection-examination', `/collections/examination?collection=${collection}`, 'Each of 2'],
    ['evaluation', `/evaluation?collection=${collection}`, 'Of 2 faces searched for'],
  ]
  test.for(screens)('%s has no fault that axe-core finds', async ([name, address, text]) => {
    const findings = await audit(name, address, (one) => one.getByText(text).first().waitFor())
    expect(findings).toEqual([])
  })

  test('removes what was measured, with its pictures', async () => {
    await button('Remove the result and its pictures').click()
    await page.getByText('The result and its pictures were removed.').waitFor()
    await page.getByText('4 of 4 photographs').waitFor({ state: 'detached' })
  })

  test('deletes a collection when its name is typed, and says what goes away', async () => {
    await openTab(page, 'Collections')
    await page.getByRole('link', { name: `Settings of ${collection}` }).click()
    await button(`Delete ${collection} …`).click()
    const question = page.getByRole('alertdialog', { name: `Delete ${collection} for good?` })
    await question.getByText('2 people, 3 faces with their photographs').waitFor()
    const confirm = question.getByRole('button', { name: 'Delete for good' })
    expect(await confirm.isDisabled()).toBe(true)
    await question.getByLabel(`Type ${collection} to confirm`).fill(collection)
    await confirm.click()
    await page.getByText(`${collection} was deleted.`).waitFor()
    await page.getByRole('heading', { level: 1, name: 'Collections' }).waitFor()
    await page.getByRole('rowheader', { name: collection }).waitFor({ state: 'detached' })
    expect((await fetch(`${server.url}v1/collections/${collection}`)).status).toBe(404)
  })
})
