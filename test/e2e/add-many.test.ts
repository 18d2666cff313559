import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { writeManyPhotos } from '../helpers/many-photos.ts'

/** The photographs of a large folder; the server takes a while, and is stopped meanwhile. */
const manyPhotos = 300
const longPatience = { timeout: 240_000 }
const longTestMs = 300_000

const title = `adding photos of many people with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let folder: string
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let complaints: string[]
  let names: readonly string[]
  /** Faces of before the large job. */
  let facesBefore: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-many-'))
    server = await startServerProcess()
    names = await writeManyPhotos(join(folder, 'people'), manyPhotos, server.url)
    browser = await launchBrowser()
    page = await browser.newPage()
    complaints = collectComplaints(page)
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
    expect(complaints).toEqual([])
  })

  async function read(path: string): Promise<Record<string, unknown>> {
    return (await fetch(`${server.url}v1/${path}`)).json() as Promise<Record<string, unknown>>
  }

  const countFaces = async () => (await read('collections/default')).faces

  const audit = (name: string, address: string, ready: (page: Page) => Promise<unknown>) =>
    auditScreen(browser, { name, url: `${server.url}#${address}`, ready })

  async function openMany(): Promise<void> {
    await openTab(page, 'Add photos')
    await page.getByRole('link', { name: 'Many people at once' }).click()
    await page.getByRole('heading', { name: 'Add photos of many people' }).waitFor()
  }

  /** How many photographs the page says are done. */
  async function readDone(): Promise<number> {
    const bar = page.getByRole('progressbar', { name: 'Photos looked at' })
    const [value, max] = await Promise.all([bar.getAttribute('value'), bar.getAttribute('max')])
    return (Number(value) / Number(max ?? 1)) * manyPhotos
  }

  const jobState = (state: RegExp) => page.locator('.job-progress p').getByText(state).first()

  test('says that there is no photo in what was chosen', async () => {
    await openMany()
    const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') }
    await page.getByLabel('Choose an archive or files').setInputFiles(file)
    await page.getByText('There is no photo, and no archive, in what you chose.').waitFor()
  })

  test('checks an archive before anything is stored: new people, and what would be rejected', async () => {
    const photo = (name: string, number: number) =>
      readFile(join(folder, 'people', name, `${number}.jpg`))
    const grey = await sharp({
      create: { width: 200, height: 200, channels: 3, background: '#888888' },
    })
      .jpeg()
      .toBuffer()
    const [first = '', second = ''] = names
    const archive = zipSync({
      [`${first}/1.jpg`]: await photo(first, 1),
      [`${second}/1.jpg`]: await photo(second, 1),
      'nobody.jpg': await photo(second, 2),
      'Grey/grey.jpg': grey,
    })
    const file = {
      name: 'people.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(archive),
    }
    await page.getByLabel('Choose an archive or files').setInputFiles(file)
    await page.getByText(/^people\.zip, [\d.]+ MB/).waitFor()
    await page.getByRole('button', { name: 'Check first' }).click()
    await page.getByText('2 photos would be registered').waitFor(patience)
    await page.getByText('2 new people').waitFor()
    await page.getByText('2 rejected').waitFor()
    const table = page.getByRole('table', { name: 'Rejected photos' })
    await table.getByRole('row', { name: /nobody\.jpg .*lies in no folder/ }).waitFor()
    await table.getByRole('row', { name: /Grey\/grey\.jpg No face was found/ }).waitFor()
    await page.getByRole('list', { name: 'Who would get photos' }).getByText(first).waitFor()
    expect(await countFaces()).toBe(0)
  })

  test(
    'has no fault that axe-core finds, in both appearances and widths',
    async () => {
      const [first = ''] = names
      const chosen = await audit('add-many', '/add-photos/many', async (one) => {
        const photo = join(folder, 'people', first, '1.jpg')
        await one.getByLabel('Choose an archive or files').setInputFiles(photo)
        await one.getByText('1 photo lies in no folder').waitFor()
        await one.getByText('Options').click()
      })
      expect(chosen).toEqual([])
      const start = await audit('add-many-start', '/add-photos/many', (one) =>
        one.getByRole('heading', { name: 'Finished lately' }).waitFor(),
      )
      expect(start).toEqual([])
      const job = page.url().split('#')[1] ?? ''
      const ended = await audit('add-many-job', job, (one) =>
        one.getByRole('table', { name: 'Rejected photos' }).waitFor(),
      )
      expect(ended).toEqual([])
    },
    longTestMs,
  )

  test('registers what was checked, and says who got photos', async () => {
    await page.getByRole('button', { name: 'Register these 2 photos' }).click()
    await page.getByText('2 photos registered').waitFor(patience)
    await page
      .getByRole('list', { name: 'Who got photos' })
      .getByText(names[0] ?? '')
      .waitFor()
    expect(await countFaces()).toBe(2)
    await page.getByRole('button', { name: 'Choose others' }).click()
    await page.getByRole('heading', { name: 'Finished lately' }).waitFor()
  })

  test('takes names from a table, and shows rejected photos with their pictures', async () => {
    const photos = join(folder, 'table')
    await mkdir(photos)
    const [first = ''] = names
    await writeFile(join(photos, 'a.jpg'), await readFile(join(folder, 'people', first, '3.jpg')))
    await writeFile(join(photos, 'b.jpg'), await sharp(join(photos, 'a.jpg')).blur(12).toBuffer())
    await writeFile(join(photos, 'people.csv'), `file,name\na.jpg,"${first}"\nb.jpg,Blurred\n`)
    await page
      .getByLabel('Choose an archive or files')
      .setInputFiles(['a.jpg', 'b.jpg', 'people.csv'].map((name) => join(photos, name)))
    await page.getByText('2 photos of 2 people.').waitFor()
    await page.getByRole('list', { name: 'People by the names' }).getByText('Blurred').waitFor()
    await page.getByRole('button', { name: 'Register without a check' }).click()
    await page.getByText('1 photo registered').waitFor(patience)
    const row = page
      .getByRole('table', { name: 'Rejected photos' })
      .getByRole('row', { name: /b\.jpg/ })
    await row.getByRole('img', { name: 'b.jpg' }).waitFor()

    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as CSV' }).click()
    const csv = await readFile(await (await downloading).path(), 'utf8')
    expect(csv.split('\r\n')[0]).toMatch(/^id,rejected,personId,.*file.*reasons/)
    expect(csv).toContain('b.jpg')
    expect(csv).not.toContain('a.jpg')
    await page.getByRole('button', { name: 'Choose others' }).click()
  })

  test('cancels a check after a question', async () => {
    await page.getByLabel('Choose a folder').setInputFiles(join(folder, 'people'))
    await page.getByRole('button', { name: 'Check first' }).click()
    await page.getByRole('button', { name: 'Cancel job' }).click()
    const question = page.getByRole('alertdialog', { name: 'Cancel this job?' })
    await question.getByText('Nothing was stored by the check.').waitFor()
    await question.getByRole('button', { name: 'Cancel job' }).click()
    await jobState(/^Cancelled/).waitFor(patience)
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('button', { name: 'Choose others' }).click()
  })

  test('says how much is sent, how fast and for how long, and stops when it is told to', async () => {
    const devTools = await page.context().newCDPSession(page)
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000 }
    await devTools.send('Network.enable')
    await devTools.send('Network.emulateNetworkConditions', slow)
    await page.getByLabel('Choose a folder').setInputFiles(join(folder, 'people'))
    await page.getByRole('button', { name: 'Check first' }).click()
    await page
      .getByText(/^\d+\.\d of \d+\.\d MB sent · 0\.\d MB a second · about \d+ seconds? left$/)
      .waitFor()
    const bar = page.getByRole('progressbar', { name: 'Photos sent' })
    const readSent = async () => Number(await bar.getAttribute('value'))
    const before = await readSent()
    await expect.poll(readSent, patience).toBeGreaterThan(before)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await bar.waitFor({ state: 'detached' })
    await devTools.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 })
    await devTools.detach()
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.getByRole('button', { name: 'Choose others' }).click()
    // Nothing of it became a job.
    const { items } = await read('jobs?state=running')
    expect(items).toEqual([])
  })

  test('shows whose photos a folder holds, and enrols 300 of them by a job', async () => {
    await page.getByLabel('Choose a folder').setInputFiles(join(folder, 'people'))
    await page.getByText(`${manyPhotos} photos of ${names.length} people.`).waitFor()
    facesBefore = (await countFaces()) as number
    const preview = page.getByRole('list', { name: 'People by the names of their folders' })
    expect(await preview.getByRole('listitem').count()).toBe(names.length)
    await page.getByRole('button', { name: 'Register without a check' }).click()
    await page.getByRole('heading', { name: 'Registering' }).waitFor()
    await expect.poll(readDone, longPatience).toBeGreaterThan(10)
    await page
      .getByText(/\d+ of 300 .*a second/)
      .first()
      .waitFor(patience)
  })

  test('pauses, is found again by another tab, and is resumed there', async () => {
    await page.getByRole('button', { name: 'Pause' }).click()
    await jobState(/^Paused/).waitFor(patience)
    await page.goto('about:blank')
    await page.goto(`${server.url}#/add-photos/many`)
    await page.getByRole('heading', { name: 'Not finished' }).waitFor()
    await page
      .getByRole('link', { name: /^Registration of/ })
      .first()
      .click()
    await jobState(/^Paused/).waitFor(patience)
    const before = await readDone()
    expect(before).toBeLessThan(manyPhotos)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(readDone, longPatience).toBeGreaterThan(before)
  })

  test(
    'goes on after the server was killed and started again',
    async () => {
      await server.kill()
      await page.getByText('The server cannot be reached.').first().waitFor(patience)
      await server.start()
      await page.getByText('The server is back.').waitFor(longPatience)
      await jobState(/^Done/).waitFor(longPatience)
      // One was registered from the archive, one from the table; the rest is here, each once.
      const job = page.url().split('job=')[1]?.split('&')[0]
      const { result } = (await read(`jobs/${job}`)) as { result: Record<string, number> }
      const { enrolled = 0, alreadyEnrolled = 0, rejected = 0 } = result
      expect(enrolled + alreadyEnrolled + rejected).toBe(manyPhotos)
      expect(await countFaces()).toBe(
        (await read(`collections/default/persons?limit=200`).then(({ items }) =>
          (items as { faceCount: number }[]).reduce((sum, { faceCount }) => sum + faceCount, 0),
        )) as number,
      )
      expect(enrolled).toBeGreaterThan(manyPhotos / 2)
    },
    longTestMs,
  )

  test(
    'takes the whole registration back, and says which photo stays',
    async () => {
      const job = page.url().split('job=')[1]?.split('&')[0]
      const { items } = (await read(`jobs/${job}/items?rejected=false&limit=1000`)) as {
        items: { personId: string; body: { faceId: string; newPerson: boolean; file: string } }[]
      }
      // Somebody adds a photo to a person whom the job has made: that person stays, with the first photo.
      const made = items.find(({ body }) => body.newPerson)
      if (made === undefined) throw new Error('The job has made nobody.')
      const form = new FormData()
      const photo = await sharp(join(folder, made.body.file)).modulate({ hue: 5 }).toBuffer()
      form.append('images', new Blob([new Uint8Array(photo)]), 'later.jpg')
      const path = `v1/collections/default/persons/${made.personId}/faces`
      const added = await fetch(`${server.url}${path}`, { method: 'POST', body: form })
      expect(added.status).toBe(201)

      await page.getByRole('button', { name: 'Take all back' }).click()
      const question = page.getByRole('alertdialog', { name: 'Take this registration back?' })
      await question.getByRole('button', { name: 'Take all back' }).click()
      await page.getByText(/\d+ photos were taken back\./).waitFor(longPatience)
      await page.getByText('These photos stay:').waitFor()
      const kept = page.locator('.kept-photos li')
      expect(await kept.allTextContents()).toEqual([expect.stringContaining(made.body.file)])
      // What stood there before the job, the photo that stays and the one that was added.
      expect(await countFaces()).toBe(facesBefore + 2)
      await page.getByRole('link', { name: 'Show all people' }).click()
      await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
    },
    longTestMs,
  )
})
