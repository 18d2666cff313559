import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { samplePhoto } from '../helpers/fake-camera.ts'
import { annAtCamera, annInSample3, cutPhoto, stranger } from '../helpers/sample-people.ts'

const title = `identifying many photos with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let people: Locator
  let complaints: string[]

  beforeAll(async () => {
    server = await startServerProcess()
    browser = await launchBrowser()
    page = await browser.newPage()
    complaints = collectComplaints(page)
    people = page.getByRole('complementary', { name: 'People in the picture' })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    expect(complaints).toEqual([])
  })

  /** Starts again with these photos; what was said before is only with the server. */
  async function openWith(...files: Awaited<ReturnType<typeof cutPhoto>>[]): Promise<void> {
    await page.reload()
    await page.locator('input[type=file]').setInputFiles(files)
  }
  const line = (name: string) => people.getByRole('button', { expanded: true, name })

  test('identifies many photos at once, problems among them', async () => {
    const many = await Promise.all(
      Array.from({ length: 8 }, (_, index) => cutPhoto(6, stranger, `stranger-${index}.jpg`)),
    )
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no image') }
    await page.locator('input[type=file]').setInputFiles([...many, notes])
    await page.getByText('9 of 9 photos looked at · 1 with a problem').waitFor()
    expect(await page.getByRole('tab').count()).toBe(9)
    const problem = page.getByRole('tab', { name: 'notes.txt: problem' })
    await problem.click()
    await people.getByText('not an image the server can read').waitFor()
    await page.getByRole('tab', { name: 'stranger-7.jpg: 1 face' }).click()
    await line('Unknown').waitFor()
    // Arrow keys go through the strip.
    await page.keyboard.press('Home')
    await page.getByRole('img', { name: 'Photo stranger-0.jpg' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('img', { name: 'Photo stranger-1.jpg' }).waitFor()
    await page.getByRole('button', { name: 'Remove all' }).click()
    await page.getByRole('group', { name: 'Choose photos' }).waitFor()
  })

  test('stops, and goes on when it is told to', async () => {
    const held: (() => Promise<void>)[] = []
    await page.route('**/identify?*', (route) => void held.push(() => route.continue()))
    const many = await Promise.all(
      Array.from({ length: 5 }, (_, index) => cutPhoto(6, stranger, `later-${index}.jpg`)),
    )
    await page.locator('input[type=file]').setInputFiles(many)
    await expect.poll(() => held.length, patience).toBe(3)
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await people.getByText('Not looked at: you stopped.').waitFor()
    await page.unroute('**/identify?*')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('5 of 5 photos looked at').waitFor()
    expect(held.length).toBe(3)
  })

  test('registers somebody new by keys alone, and takes it back', async () => {
    await openWith(await cutPhoto(1, annAtCamera, 'ann.jpg'))
    await line('Unknown').waitFor()
    await page.keyboard.press('e')
    await page.getByRole('dialog', { name: 'Who is it?' }).locator('input:focus').waitFor()
    await page.keyboard.type('Ann')
    await page.getByRole('option', { name: 'New person: Ann' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('Ann is registered with this face.').waitFor()
    await line('Ann').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undone.').waitFor()
    await line('Unknown').waitFor()
    // Once more, to stay; the last option is the new person.
    await page.keyboard.press('e')
    await page.getByRole('dialog', { name: 'Who is it?' }).locator('input:focus').waitFor()
    await page.keyboard.type('Ann')
    await page.getByRole('option', { name: 'New person: Ann' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await line('Ann').waitFor()
  })

  test('names the person in another photo, with how rare such a likeness is', async () => {
    await openWith(await cutPhoto(3, annInSample3, 'again.jpg'))
    await line('Ann').waitFor()
    await people
      .getByText(/1 in [\d,]+ strangers looks? this similar/)
      .first()
      .waitFor()
    await people.getByRole('img', { name: 'This face' }).waitFor()
  })

  test('remembers a confirmation after a reload, and takes it back', async () => {
    await page.keyboard.press('c')
    await page.getByText('Noted: this is Ann.').waitFor()
    await people.getByText('You said that it is Ann.').waitFor()
    await openWith(await cutPhoto(3, annInSample3, 'again.jpg'))
    await people.getByText('You said that it is Ann.').waitFor()
    await people.getByRole('button', { name: 'Take back' }).click()
    await people.getByRole('button', { name: 'It is Ann' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await people.getByText('You said that it is Ann.').waitFor()
  })

  test('remembers "not this person" after a reload, shows it and takes it back', async () => {
    await page.keyboard.press('x')
    await page.getByText('Noted: this is not Ann.').waitFor()
    await people.getByText('You said that it is not Ann.').waitFor()
    await openWith(await cutPhoto(3, annInSample3, 'again.jpg'))
    await line('Unknown').waitFor()
    await people.getByText('You said that it is not Ann.').waitFor()
    await people.getByRole('button', { name: 'Take back' }).click()
    await line('Ann').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await people.getByText('You said that it is not Ann.').waitFor()
    await people.getByRole('button', { name: 'Take back' }).click()
    await line('Ann').waitFor()
  })

  test('goes from face to face by a key, and adds one of several to a known person', async () => {
    await page.reload()
    await page.locator('input[type=file]').setInputFiles([samplePhoto(6), samplePhoto(1)])
    await page.getByRole('tab', { name: /sample1\.jpg: \d+ face/ }).waitFor()
    await expect.poll(() => page.locator('.overlay-box').count(), patience).toBe(4)
    const head = people.locator('.face-line-head').nth(1)
    await page.keyboard.press('n')
    await expect.poll(() => head.getAttribute('aria-expanded'), patience).toBe('true')
    expect(await head.evaluate((element) => element.matches(':focus'))).toBe(true)
    await page.keyboard.press('e')
    await page.getByRole('dialog', { name: 'Who is it?' }).locator('input:focus').waitFor()
    await page.keyboard.type('an')
    await page.getByRole('option', { name: 'Ann', exact: true }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('This face was added to Ann.').waitFor()
    await expect.poll(() => head.textContent(), patience).toContain('Ann')
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => head.textContent(), patience).toContain('Unknown')
    // After the last face comes the next photo.
    for (let face = 2; face <= 4; face++) await page.keyboard.press('n')
    await page.getByRole('img', { name: 'Photo sample1.jpg' }).waitFor()
  })

  test('lights the line of a face that is pointed at, and the other way round', async () => {
    await page.getByRole('tab', { name: /sample6\.jpg/ }).click()
    await expect.poll(() => page.locator('.overlay-box').count(), patience).toBe(4)
    const box = page.locator('.overlay-box').nth(2)
    const itsLine = people.locator('.face-line').nth(2)
    await box.hover()
    await expect.poll(() => itsLine.getAttribute('class'), patience).toContain('lit')
    await people.locator('.face-line-head').nth(2).hover()
    await expect.poll(() => box.getAttribute('class'), patience).toContain('lit')
    await people.getByRole('heading').hover()
    await expect.poll(() => box.getAttribute('class'), patience).not.toContain('lit')
    await box.focus()
    await expect.poll(() => itsLine.getAttribute('class'), patience).toContain('lit')
    await page.keyboard.press('Enter')
    await expect
      .poll(() => people.locator('.face-line-head').nth(2).getAttribute('aria-expanded'), patience)
      .toBe('true')
  })

  test('does nothing by single keys once they are turned off', async () => {
    await people.getByRole('checkbox', { name: 'Single keys work' }).uncheck()
    await page.keyboard.press('e')
    await people.getByRole('button', { name: 'Name this person' }).click()
    await page.getByRole('dialog', { name: 'Who is it?' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(1)
    await page.keyboard.press('Escape')
    await people.getByRole('checkbox', { name: 'Single keys work' }).check()
  })

  test('keeps the photos while another screen is open', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'People' }).click()
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Identify' }).click()
    await page.getByText('2 of 2 photos looked at').waitFor()
  })
})
