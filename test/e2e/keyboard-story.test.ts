import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, patience, personCell } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { writeFacePhoto } from '../helpers/cli.ts'
import { createKeyboard, type Keyboard } from '../helpers/keyboard.ts'

const title = `the story of docs/guides/people.md by keyboard alone${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let keyboard: Keyboard
  let complaints: string[]
  let folder: string
  let messages: Locator
  let people: Locator

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-keyboard-'))
    for (const face of ['ann', 'annAgain', 'bea', 'carla'] as const) {
      await writeFacePhoto(face, photo(face))
    }
    server = await startServerProcess()
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(patience.timeout)
    complaints = collectComplaints(page)
    // From now on the browser asks the test, not its user.
    page.on('filechooser', () => undefined)
    keyboard = createKeyboard(page)
    messages = page.getByRole('region', { name: 'Messages' })
    people = page.getByRole('complementary', { name: 'People in the picture' })
    await page.goto(server.url)
    await heading('Identify').waitFor()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
    expect(complaints).toEqual([])
  })

  const photo = (face: string) => join(folder, `${face}.jpg`)
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name })
  const button = (name: string | RegExp) => page.getByRole('button', { name })
  const line = (name: string) => people.getByRole('button', { expanded: true, name })

  /** The heading of the screen has the focus, so that Tab goes on there. */
  async function goTo(screen: string): Promise<void> {
    const link = page.getByRole('banner').getByRole('link', { name: screen })
    await keyboard.tabTo(link, { back: true })
    await keyboard.press('Enter')
    await keyboard.expectFocus(heading(screen))
  }

  /** The file field is worked by a key; which files are meant is the system's dialog. */
  async function choosePhotos(field: Locator, faces: readonly string[]): Promise<void> {
    await keyboard.tabTo(field)
    const chooser = page.waitForEvent('filechooser')
    await keyboard.press('Enter')
    await (await chooser).setFiles(faces.map(photo))
  }

  /** Presses the button of the latest message. */
  async function undo(text: string): Promise<void> {
    await messages.getByText(text).waitFor()
    await keyboard.press('F8')
    await keyboard.expectFocus(messages.getByRole('button', { name: 'Undo' }))
    await keyboard.press('Enter')
    await messages.getByText('Undone.').waitFor()
  }

  test('a link leads past the header', async () => {
    await keyboard.press('Tab')
    await keyboard.expectFocus(button('Skip to content'))
    await keyboard.press('Enter')
    await keyboard.expectFocus(page.getByRole('main'))
  })

  test('a collection is made that finds as many as possible', async () => {
    await goTo('Collections')
    await keyboard.tabTo(button('New collection'))
    await keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'New collection' })
    await keyboard.expectFocus(dialog.getByRole('textbox', { name: 'Name' }))
    await keyboard.type('home')
    await keyboard.tabTo(dialog.getByRole('radio', { checked: true }))
    await keyboard.press('ArrowUp')
    await keyboard.expectFocus(dialog.getByRole('radio', { name: 'Finds as many as possible' }))
    // Escape closes, and the focus is where it was.
    await keyboard.press('Escape')
    await keyboard.expectFocus(button('New collection'))
    await keyboard.press('Enter')
    await keyboard.expectFocus(dialog.getByRole('textbox', { name: 'Name' }))
    await keyboard.type('home')
    await keyboard.tabTo(dialog.getByRole('checkbox', { name: /Keep photographs/ }))
    await keyboard.press(' ')
    await keyboard.tabTo(dialog.getByRole('button', { name: 'Create' }))
    await keyboard.press('Enter')
    await keyboard.expectFocus(heading('Settings of home'))
  })

  test('it is far too lenient, and keeps whom it cannot name', async () => {
    const slider = page.getByRole('slider', { name: 'Strangers who get a name' })
    await keyboard.tabTo(slider)
    await keyboard.press('End')
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('100 in 1,000')
    const byHand = page.getByText('Or set the similarity by hand')
    await keyboard.tabTo(byHand)
    await keyboard.press('Enter')
    // Tab selects what a field says.
    await keyboard.tabTo(page.getByLabel('Similarity of a match'))
    await keyboard.type('0.3')
    await keyboard.tabTo(button('Use this similarity'))
    await keyboard.press('Enter')
    await messages.getByText('from a similarity of 0.3').waitFor()
    await keyboard.expectFocus(button('Use this similarity'))

    await keyboard.tabTo(button('Keep unknown faces'))
    await keyboard.press('Enter')
    await messages.getByText('Unknown faces are kept from now on.').waitFor()
    // The form is another one: its first field has the focus.
    await keyboard.expectFocus(page.getByLabel('Keep a small picture'))
    const details = await fetch(`${server.url}v1/collections/home`)
    expect(await details.json()).toMatchObject({
      policy: { threshold: 0.3 },
      keepUnknown: { hours: 72 },
    })
  })

  test('two photos of Ann are unknown, and become one stranger', async () => {
    await goTo('Identify')
    await choosePhotos(page.getByLabel('Choose photos'), ['ann', 'annAgain'])
    await page.getByText('2 of 2 photos looked at').waitFor()
    await keyboard.tabTo(page.getByRole('tab', { selected: true }))
    await keyboard.press('ArrowRight')
    await keyboard.expectFocus(page.getByRole('tab', { name: 'annAgain.jpg: 1 face' }))
    await line('Unknown').waitFor()
    const countSeen = async () => {
      const answer = await fetch(`${server.url}v1/collections/home/strangers`)
      const { items } = (await answer.json()) as { readonly items: readonly { count: number }[] }
      return items.map(({ count }) => count)
    }
    await expect.poll(countSeen, patience).toEqual([2])
  })

  test('the stranger is named', async () => {
    await goTo('Unknown')
    const stranger = page.getByRole('list', { name: 'Strangers' }).getByRole('link')
    await keyboard.tabTo(stranger)
    await keyboard.press('a')
    await keyboard.expectFocus(page.getByRole('dialog', { name: 'Who is it?' }).getByLabel('Name'))
    await keyboard.type('Ann')
    await page.getByRole('option', { name: 'New person: Ann' }).waitFor()
    await keyboard.press('ArrowDown', 'Enter')
    await messages.getByText('It is Ann: 2 photographs registered.').waitFor()
    // Nobody waits any more.
    await keyboard.expectFocus(heading('Unknown'))
  })

  test('Bea is taken for Ann, and after one word never again', async () => {
    await goTo('Identify')
    await keyboard.tabTo(button('Remove all'))
    await keyboard.press('Enter')
    await choosePhotos(page.getByLabel('Choose photos'), ['bea'])
    await line('Ann').waitFor()
    await keyboard.tabTo(line('Ann'))
    await keyboard.press('x')
    await messages.getByText('Noted: this is not Ann.').waitFor()
    await keyboard.expectFocus(line('Unknown'))
    await keyboard.tabTo(button('Remove all'), { back: true })
    await keyboard.press('Enter')
    await choosePhotos(page.getByLabel('Choose photos'), ['bea', 'ann'])
    await line('Unknown').waitFor()
    await people.getByText('You said that it is not Ann.').waitFor()
    await keyboard.tabTo(page.getByRole('tab', { selected: true }))
    await keyboard.press('ArrowRight')
    await line('Ann').waitFor()
  })

  test('Anna Smith is registered', async () => {
    await goTo('Add photos')
    await keyboard.tabTo(page.getByRole('textbox', { name: 'Name' }))
    await keyboard.type('Anna Smith')
    await choosePhotos(page.getByLabel('Choose photos'), ['carla'])
    await page.getByText('Not sent yet').waitFor()
    await keyboard.tabTo(button('Register'))
    await keyboard.press('Enter')
    await page.getByText('Anna Smith is registered').waitFor()
    // In the place of the button, which is gone.
    await keyboard.expectFocus(page.getByRole('link', { name: 'Identify now' }))
  })

  test('the two are merged', async () => {
    await goTo('People')
    const ann = personCell(page, 'Ann').filter({ hasNotText: 'Anna' })
    await keyboard.tabTo(page.getByRole('gridcell'))
    await keyboard.press(' ', 'ArrowRight')
    await keyboard.expectFocus(page.getByRole('gridcell').nth(1))
    await keyboard.press(' ')
    const merge = page.getByRole('toolbar').getByRole('button', { name: 'Merge' })
    await keyboard.tabTo(merge, { back: true })
    await keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Merge 2 people' })
    // Who has more photos is proposed.
    await keyboard.tabTo(dialog.getByRole('radio', { name: /Ann 2 photos/, checked: true }))
    await dialog.getByText('Other names: Anna Smith.').waitFor()
    await keyboard.tabTo(dialog.getByRole('button', { name: 'Merge' }))
    await keyboard.press('Enter')
    await messages.getByText('1 person was merged into Ann.').waitFor()
    await personCell(page, 'Anna Smith').waitFor({ state: 'detached' })
    await ann.waitFor()
    await keyboard.expectFocus(heading('People'))
  })

  test('the merge is taken back, again done and again taken back in the history', async () => {
    await undo('1 person was merged into Ann.')
    await personCell(page, 'Anna Smith').waitFor()
    await keyboard.expectFocus(heading('People'))
    await keyboard.tabTo(page.getByRole('link', { name: 'History' }))
    await keyboard.press('Enter')
    await keyboard.expectFocus(heading('History'))
    const entries = page.getByRole('list', { name: 'History' }).getByRole('listitem')
    await keyboard.tabTo(entries.first().getByRole('button', { name: 'Do it again' }))
    await keyboard.press('Enter')
    await expect.poll(() => namesOfAll(), patience).toEqual(['Ann'])
    await keyboard.expectFocus(page.locator(':focus-visible'))
    const again = entries.first().getByRole('button', { name: 'Do it again' })
    await keyboard.tabTo(again, { back: true })
    await keyboard.press('Enter')
    await expect.poll(() => namesOfAll(), patience).toEqual(['Ann', 'Anna Smith'])
  })

  test('Anna Smith is back, and Bea is still unknown', async () => {
    await goTo('People')
    await personCell(page, 'Anna Smith').waitFor()
    await keyboard.tabTo(page.getByRole('gridcell'))
    await keyboard.press('Enter')
    await heading('Ann').waitFor()
    await goTo('Identify')
    await keyboard.tabTo(page.getByRole('tab', { selected: true }))
    await keyboard.press('Home')
    await keyboard.expectFocus(page.getByRole('tab', { name: 'bea.jpg: 1 face' }))
    await line('Unknown').waitFor()
  })

  async function namesOfAll(): Promise<readonly string[]> {
    const answer = await fetch(`${server.url}v1/collections/home/persons?sort=name`)
    const { items } = (await answer.json()) as { readonly items: readonly { name: string }[] }
    return items.map(({ name }) => name)
  }
})
