import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { openStage } from '../helpers/browser-dashboard.ts'
import { samplePhoto } from '../helpers/fake-camera.ts'
import { type MockApi, mockFace, mockProblem, startMockApi } from '../helpers/mock-api.ts'

const title = `screens for everybody${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let browser: Browser
  let mock: MockApi

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    mock = await startMockApi()
    mock.collections = ['default', 'visitors']
  })
  afterEach(() => mock.close())

  const audit = (name: string, address: string, ready: (page: Page) => Promise<unknown>) =>
    auditScreen(browser, { name, url: `${mock.url}#${address}`, ready })

  test('Identify has no fault that axe-core finds, in both appearances and widths', async () => {
    const unknown = mockFace('unknown', 'Maya', { x: 100, y: 200, width: 200, height: 240 })
    const unclear = mockFace('undetermined', undefined, { x: 900, y: 200, width: 200, height: 240 })
    mock.faces = [mockFace('match', 'Ann'), unknown, unclear]
    const findings = await audit('identify', '/identify', async (page) => {
      await page.locator('input[type=file]').setInputFiles([samplePhoto(6), samplePhoto(1)])
      await page.getByRole('tab', { name: 'sample6.jpg: 3 faces' }).waitFor()
      await page.locator('.overlay-box.match').waitFor()
    })
    expect(findings).toEqual([])
  })

  test('Identify without a photo has none, nor has the question who it is', async () => {
    const empty = await audit('identify-empty', '/identify', (page) =>
      page.getByText('Choose photos').waitFor(),
    )
    mock.faces = [mockFace('unknown', 'Maya')]
    mock.persons.push({ id: 'P9', name: 'Ann', faceCount: 1 })
    const question = await audit('identify-name', '/identify', async (page) => {
      await page.locator('input[type=file]').setInputFiles(samplePhoto(1))
      await page.getByRole('button', { name: 'Name this person' }).click()
      await page.getByRole('option', { name: 'Ann' }).waitFor()
    })
    expect([...empty, ...question]).toEqual([])
  })

  test('Live has none, with names over the picture and without a camera', async () => {
    mock.faces = [mockFace('match', 'Ann'), mockFace('undetermined')]
    const absent = await audit('live-absent', '/live', async (page) => {
      await page.getByRole('button', { name: 'Start camera' }).click()
      await page.getByText('No camera was found').waitFor()
    })
    const stage = await openStage()
    try {
      const findings = await auditScreen(stage.browser, {
        name: 'live',
        url: `${mock.url}#/live`,
        ready: async (page) => {
          await page.getByRole('button', { name: 'Start camera' }).click()
          await page.getByText('frames a second').waitFor()
        },
      })
      const guide = await auditScreen(stage.browser, {
        name: 'live-guide',
        url: `${mock.url}#/live?guide=true`,
        ready: async (page) => {
          const nobody = { width: 640, height: 360, turned: 0, omittedFaces: 0, faces: [] }
          await page.route('**/v1/detect?*', (route) => route.fulfill({ json: nobody }))
          await page.getByRole('button', { name: 'Start camera' }).click()
          await page.getByText('No face is in the picture.').first().waitFor()
          await page.getByRole('button', { name: 'Take it now' }).click()
          await page.getByRole('img', { name: 'Picture: Front' }).waitFor()
        },
      })
      expect([...absent, ...findings, ...guide]).toEqual([])
    } finally {
      await stage.close()
    }
  })

  test('the list of people has none', async () => {
    for (const [index, name] of ['Ann', 'Maya Østergård', 'x'.repeat(120)].entries()) {
      mock.persons.push({ id: `P${index}`, name, faceCount: index + 1 })
    }
    const findings = await audit('people-list', '/people?view=list&selected=P0,P2', (page) =>
      page.getByRole('gridcell', { name: 'Maya Østergård' }).waitFor(),
    )
    expect(findings).toEqual([])
  })

  test('Add photos has none, nor has what it says of a photo', async () => {
    const findings = await audit('add-photos', '/add-photos', async (page) => {
      const rejected = [{ fileName: 'b', reasons: ['tooBlurred'], message: '' }]
      const { body, ...problem } = mockProblem(422, 'noFace')
      mock.scripted.push({
        pathEnd: '/persons',
        answer: { ...problem, body: { ...(body as object), rejected } },
      })
      await page.getByLabel('Name').fill('Ann')
      await page.locator('input[type=file]').setInputFiles(samplePhoto(1))
      await page.getByRole('button', { name: 'Register', exact: true }).click()
      await page.getByText('The face is too blurred.').waitFor()
    })
    expect(findings).toEqual([])
  })

  test('the settings and messages about the server have none', async () => {
    const findings = await audit('settings', '/people', async (page) => {
      await page.getByText('Nobody is registered yet.').waitFor()
      await page.route('**/v1/**', (route) => route.abort())
      await page.getByRole('searchbox').fill('ann')
      await page.getByRole('alert').waitFor()
      await page.getByRole('button', { name: 'Language and appearance' }).click()
      await page.getByRole('combobox', { name: 'Appearance' }).waitFor()
    })
    expect(findings).toEqual([])
  })

  test('messages have none: what was done, and that somebody else was faster', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    mock.persons.push({ id: 'P2', name: 'Bea', faceCount: 1 })
    const done = await audit('message-done', '/people/P2', async (page) => {
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('Bea was deleted.').waitFor()
      // It stays while it has the focus.
      await page.keyboard.press('F8')
      mock.persons.push({ id: 'P2', name: 'Bea', faceCount: 1 })
    })
    const faster = await audit('message-faster', '/people/P1', async (page) => {
      const { body, ...problem } = mockProblem(412, 'revisionMismatch')
      await page.route('**/persons/P1', (route) =>
        route.request().method() === 'PATCH'
          ? route.fulfill({ ...problem, json: body })
          : route.continue(),
      )
      await page.getByRole('button', { name: 'Favourite' }).click()
      await page.getByText('Somebody else has changed this in the meantime.').waitFor()
    })
    expect([...done, ...faster]).toEqual([])
  })

  test('a screen that fails has none', async () => {
    const findings = await audit('failed', '/people', async (page) => {
      await page.route('**/persons/P1', (route) => route.fulfill({ json: {} }))
      await page.evaluate('location.hash = "#/people/P1"')
      await page.getByRole('heading', { name: 'This page stopped working' }).waitFor()
    })
    expect(findings).toEqual([])
  })

  test('an address that leads nowhere says so', async () => {
    const findings = await audit('not-found', '/nowhere', (page) =>
      page.getByRole('heading', { name: 'There is no such page' }).waitFor(),
    )
    expect(findings).toEqual([])
  })
})
