import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience } from '../helpers/browser-dashboard.ts'
import { cutFace, enrolPhoto } from '../helpers/browser-people.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'

const title = `the system with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    server = await startServerProcess()
    browser = await launchBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(patience.timeout)
    complaints = collectComplaints(page)
    await enrolPhoto(server.url, { name: 'Ann', photo: await cutFace('ann') })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    expect(complaints).toEqual([])
  })

  const part = (name: string): Locator =>
    page.getByRole('navigation', { name: 'Parts of the system' }).getByRole('link', { name })
  const post = (path: string) => fetch(`${server.url}v1/${path}`, { method: 'POST' })

  test('says how the server is, and draws what it does while one looks', async () => {
    await openTab(page, 'System')
    await page.getByText('The server is ready').waitFor()
    await page.getByText('People in all collections').waitFor()
    await page.getByText('Index of default').waitFor()
    const throughput = page.getByRole('figure', { name: 'Throughput' })
    await throughput.getByText('Show as a table').click()
    await throughput.getByRole('columnheader', { name: 'Requests a second' }).waitFor()
  })

  test('names each model with its accuracy and licence', async () => {
    await part('Models').click()
    const model = page.getByRole('listitem').filter({ hasText: 'mobilefacenet' }).first()
    await model.getByText('Installed', { exact: true }).waitFor()
    await model.getByText('Licence: MIT').waitFor()
    await model.getByText('Right on the LFW pairs').waitFor()
  })

  test('lists jobs, pauses, resumes and cancels one, and takes it from the list', async () => {
    expect((await post('collections/default/index/rebuild')).status).toBe(202)
    await openTab(page, 'System')
    await part('Jobs').click()
    const job = page.getByRole('listitem').filter({ hasText: 'Build the index again' })
    await job.getByText('Done', { exact: false }).waitFor()
    await job.getByRole('button', { name: 'Remove: Build the index again' }).click()
    await page.getByText('The job was removed from the list.').waitFor()
    await page.getByText('There is no such job.').waitFor()

    // Photographs for some seconds, so that there is something to pause.
    const photo = await cutFace('annAgain')
    const form = new FormData()
    for (let i = 0; i < 400; i++) {
      form.append('photos', new Blob([new Uint8Array(photo), String(i)]), `Person ${i}/1.jpg`)
    }
    const url = `${server.url}v1/collections/default/enrolments`
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(202)
    await page.reload()
    const bulk = page.getByRole('listitem').filter({ hasText: 'Add many photographs' })
    await bulk.getByRole('button', { name: 'Pause: Add many photographs' }).click()
    // What is shown is said to screen readers, too, some seconds later.
    await bulk.getByText('Paused').first().waitFor()
    await bulk.getByRole('button', { name: 'Resume: Add many photographs' }).click()
    await bulk.getByRole('button', { name: 'Cancel: Add many photographs' }).click()
    await bulk.getByText('Cancelled').first().waitFor()
    await page.getByRole('combobox', { name: 'Show' }).selectOption('cancelled')
    await bulk.waitFor()
    await page.getByRole('combobox', { name: 'Show' }).selectOption('running')
    await page.getByText('There is no such job.').waitFor()
    expect(page.url()).toContain('state=running')
  })

  test('lists the errors answered last, with the id of the request', async () => {
    const answer = await fetch(`${server.url}v1/collections/nobody/persons`)
    const { requestId } = (await answer.json()) as { readonly requestId: string }
    await part('Errors').click()
    const row = page.getByRole('row').filter({ hasText: requestId })
    await row.getByText('collectionNotFound').waitFor()
  })

  test('tells the configuration in force and where it comes from', async () => {
    await part('Configuration').click()
    const row = page.getByRole('row').filter({ hasText: 'dataDir' })
    await row.getByText('FACE_WATCHER_DATA_DIR').waitFor()
    expect(await page.getByRole('rowheader', { name: 'policy.maxFpir' }).count()).toBe(0)
    await page.getByRole('checkbox', { name: 'Only what is not the default' }).uncheck()
    await page.getByRole('rowheader', { name: 'policy.maxFpir' }).waitFor()
  })

  test('makes a key that is shown once, asks for it from then on, and revokes others', async () => {
    await part('API keys').click()
    await page.getByText('There is no key').waitFor()
    const secretOf = async (name: string, scope: string) => {
      await page.getByRole('button', { name: 'New key' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
      for (const box of await dialog.getByRole('checkbox', { checked: true }).all()) {
        await box.uncheck()
      }
      await dialog.getByRole('checkbox', { name: new RegExp(`^${scope}`) }).check()
      await dialog.getByLabel('Ends').selectOption('90')
      await dialog.getByRole('button', { name: 'Make the key' }).click()
      await dialog.getByText('Copy it now').waitFor()
      const secret = await dialog.getByLabel('Key', { exact: true }).inputValue()
      await dialog.getByRole('button', { name: 'I have it' }).click()
      return secret
    }
    const admin = await secretOf('office', 'admin')
    expect(admin).toMatch(/^fw_/)

    // From the first key on the server asks for one.
    await page.getByRole('dialog').getByLabel('API key').fill(admin)
    await page.keyboard.press('Enter')
    await page.getByRole('rowheader', { name: /^office/ }).waitFor()

    const camera = await secretOf('camera', 'people:read')
    const list = () =>
      fetch(`${server.url}v1/collections`, { headers: { authorization: `Bearer ${camera}` } })
    expect((await list()).status).toBe(200)
    await page.getByRole('button', { name: 'Revoke camera' }).click()
    const question = page.getByRole('alertdialog', { name: 'Revoke camera?' })
    await question.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('camera was revoked.').waitFor()
    await page.getByRole('row').filter({ hasText: 'camera' }).getByText('Revoked').waitFor()
    expect((await list()).status).toBe(401)
  })
})
