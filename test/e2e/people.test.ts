import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, patience, personCell } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { createPeopleApi, type PeopleApi } from '../helpers/people-api.ts'

const title = `the list of people with the real server${skippedWithoutChromium}`
/** Pages have 50 and then 900 persons; the last of these is on the fourth. */
const many = 2_500
const nameOf = (number: number): string => `Person ${String(number).padStart(4, '0')}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let api: PeopleApi
  let page: Page
  let grid: Locator
  let tools: Locator
  let messages: Locator
  let complaints: string[]

  beforeAll(async () => {
    server = await startServerProcess()
    api = createPeopleApi(server.url)
    await api.create(Array.from({ length: many }, (_, i) => nameOf(i + 1)))
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    complaints = collectComplaints(page)
    grid = page.getByRole('grid', { name: 'People' })
    tools = page.getByRole('toolbar', { name: 'With those who are chosen' })
    messages = page.getByRole('region', { name: 'Messages' })
  })
  afterEach(async () => {
    await page.close()
    expect(complaints).toEqual([])
  })

  const open = (search: string) => page.goto(`${server.url}#/people${search}`)
  const names = () => grid.locator('.person-name').allInnerTexts()
  const focused = () => page.evaluate<string>('document.activeElement.textContent')
  const hash = () => new URL(page.url()).hash

  test('draws the few persons that are seen, and reaches the last by keyboard', async () => {
    await open('?sort=name')
    const cells = grid.getByRole('gridcell')
    await cells.first().focus()
    await page.keyboard.press('End')
    await expect.poll(focused, patience).toContain(nameOf(many))
    expect(await cells.count()).toBeLessThan(200)
    await personCell(page, nameOf(many)).waitFor()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(focused, patience).toContain(nameOf(many - 1))
    await page.keyboard.press('Home')
    await expect.poll(focused, patience).toContain(nameOf(1))
    await page.keyboard.press('PageDown')
    await expect.poll(focused, patience).not.toContain(nameOf(1))
    expect(await cells.count()).toBeLessThan(200)
  })

  test('search, order and filters are the address, and the address is the list', async () => {
    await open('?sort=name&order=desc&query=person%20004')
    await expect
      .poll(names, patience)
      .toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((i) => nameOf(40 + i)))
    await page.getByRole('button', { name: 'Descending' }).click()
    await expect
      .poll(names, patience)
      .toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => nameOf(40 + i)))
    await expect.poll(hash).toContain('order=asc')
    await page.getByRole('searchbox').fill('0042')
    await expect.poll(names, patience).toEqual([nameOf(42)])
    await page.getByRole('button', { name: 'Hidden' }).click()
    await page.getByText('Nobody is like that.').waitFor()
    await expect.poll(hash).toContain('hidden=true')
    await page.reload()
    await page.getByText('Nobody is like that.').waitFor()
    await page.getByRole('link', { name: 'Show everybody' }).click()
    await grid.waitFor()
    expect(hash()).toBe('#/people')
    expect(await page.getByRole('searchbox').inputValue()).toBe('')
  })

  test('many are chosen by keyboard and changed together, and it is undone together', async () => {
    await open('?sort=name&query=person%20010')
    await personCell(page, nameOf(100)).focus()
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    await tools.getByText('3 chosen').waitFor()
    await expect.poll(hash).toMatch(/selected=/)
    await tools.getByRole('button', { name: 'Favourite' }).click()
    await messages.getByText('3 people were changed.').waitFor()
    await page.getByRole('button', { name: 'Favourites' }).click()
    await expect.poll(names, patience).toEqual([nameOf(100), nameOf(101), nameOf(102)])
    await messages.getByRole('button', { name: 'Undo' }).click()
    await messages.getByText('Undone.').waitFor()
    await page.getByText('Nobody is like that.').waitFor()
  })

  test('Ctrl+A chooses all who are asked for, Escape nobody, Delete asks and deletes', async () => {
    await open('?sort=name&query=person%20020')
    await personCell(page, nameOf(200)).focus()
    await page.keyboard.press('Control+a')
    await tools.getByText('10 chosen').waitFor()
    await page.keyboard.press('Escape')
    await tools.waitFor({ state: 'detached' })
    await page.keyboard.press(' ')
    await personCell(page, nameOf(203)).click({ modifiers: ['Control'] })
    await tools.getByText('2 chosen').waitFor()
    await page.keyboard.press('Delete')
    const question = page.getByRole('alertdialog', { name: 'Delete 2 people?' })
    await question.getByRole('button', { name: 'Delete' }).click()
    await messages.getByText('2 people were deleted.').waitFor()
    await expect.poll(async () => (await names()).length, patience).toBe(8)
    await messages.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(async () => (await names()).length, patience).toBe(10)
  })

  test('a click opens a person, with Ctrl and Shift it chooses', async () => {
    await open('?sort=name&query=person%20030')
    await personCell(page, nameOf(301)).click({ modifiers: ['Control'] })
    await personCell(page, nameOf(304)).click({ modifiers: ['Shift'] })
    await tools.getByText('4 chosen').waitFor()
    await page.reload()
    await tools.getByText('4 chosen').waitFor()
    await personCell(page, nameOf(305)).click()
    await page.getByRole('heading', { level: 1, name: nameOf(305) }).waitFor()
    await page.goBack()
    await tools.getByText('4 chosen').waitFor()
  })

  test('who could not be changed is told, with the reason', async () => {
    const [gone] = await api.create(['Quincy Gone'])
    await api.create(['Quincy There'])
    await open('?sort=name&query=quincy')
    await personCell(page, 'Quincy Gone').focus()
    await page.keyboard.press('Shift+ArrowRight')
    await tools.getByText('2 chosen').waitFor()
    await api.send('DELETE', `/persons/${gone?.id}`)
    await tools.getByRole('button', { name: 'Hide' }).click()
    const told = page.getByRole('dialog', { name: '1 person could not be changed' })
    await told.getByText('Quincy Gone').waitFor()
    await told.getByText('This person no longer exists.').waitFor()
    await told.getByRole('button', { name: 'Close' }).click()
    await messages.getByText('1 person was changed.').waitFor()
  })

  test('tags are added to many', async () => {
    const made = await api.create(['Rosa One', 'Rosa Two'])
    await open('?sort=name&query=rosa')
    await personCell(page, 'Rosa One').focus()
    await page.keyboard.press('Control+a')
    await tools.getByRole('button', { name: 'Tags' }).click()
    const dialog = page.getByRole('dialog', { name: 'Tags of 2 people' })
    await dialog.getByLabel('Add tags').fill('family, left')
    await dialog.getByLabel('Other field').fill('desk')
    await dialog.getByLabel('Its value').fill('12')
    await dialog.getByRole('button', { name: 'Apply' }).click()
    await messages.getByText('2 people were changed.').waitFor()
    const person = await api.send('GET', `/persons/${made[1]?.id}`)
    expect(person).toMatchObject({ metadata: { tags: ['family', 'left'], desk: '12' } })
  })

  test('the list and what is done in it have no fault that axe-core finds', async () => {
    const findings = await auditScreen(browser, {
      name: 'people-chosen',
      url: `${server.url}#/people?sort=name&query=person%20004`,
      ready: async (audited) => {
        await personCell(audited, nameOf(41)).focus()
        await audited.keyboard.press('Shift+ArrowRight')
        await audited.getByRole('button', { name: 'Merge' }).click()
        await audited.getByText('This happens:').waitFor()
      },
    })
    expect(findings).toEqual([])
  }, 120_000)
})
