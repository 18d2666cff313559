import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onePhotographHint, weakPhotographWarning } from '../../src/recognition/enroll-advice.ts'
import { findChromium, skippedWithoutChromium } from '../helpers/browser.ts'
import {
  openPerson,
  openScene,
  openStage,
  patience,
  type Scene,
  type Stage,
} from '../helpers/browser-dashboard.ts'
import { samplePhoto } from '../helpers/fake-camera.ts'
import { type MockApi, mockProblem } from '../helpers/mock-api.ts'

const title = `registering and persons on the dashboard, against a stand-in for the server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let stage: Stage
  let scene: Scene
  let mock: MockApi
  let page: Page

  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())
  beforeEach(async () => {
    scene = await openScene(stage.browser)
    ;({ mock, page } = scene)
  })
  afterEach(() => scene.close())

  test('never takes one of several faces unless asked to', async () => {
    const reasons = ['multipleFaces']
    const rejected = [{ fileName: 'sample3.jpg', reasons, message: '3 faces' }]
    const problem = mockProblem(422, 'multipleFaces')
    const answer = { ...problem, body: { ...(problem.body as object), rejected } }
    mock.scripted.push({ pathEnd: '/persons', answer })
    await page.goto(`${mock.url}#/add-photos`)
    await page.getByLabel('Name').fill('Ann')
    await page.locator('input[type=file]').setInputFiles(samplePhoto(3))
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('There are several faces in this photo.').waitFor()
    expect(mock.persons).toEqual([])
    await page.getByRole('button', { name: 'Use the largest face' }).click()
    await page.getByText('Ann is registered').waitFor()
    const posts = mock.requests.filter((line) => line.startsWith('POST'))
    expect(posts).toEqual([
      'POST /v1/collections/default/persons?faces=one&ifExists=refuse',
      'POST /v1/collections/default/persons?faces=largest&ifExists=refuse',
    ])
  })

  test('tells reasons in plain words, how a photo was read, and what to know of it', async () => {
    const person = { id: 'P1', name: 'Ann', faceCount: 1 }
    const like = { reason: 'duplicateOfOtherPerson', personId: 'P2', personName: 'Maya' }
    const warnings = [{ ...like, similarity: 0.81 }, weakPhotographWarning]
    const face = { fileName: 'a', face: {}, alreadyEnrolled: false, turned: 90, warnings }
    const first = { faces: [face], hints: [onePhotographHint] }
    const second = {
      rejected: [{ fileName: 'b', reasons: ['tooBlurred', 'occluded'], message: '' }],
    }
    mock.scripted.push(
      { pathEnd: '/persons', answer: { status: 201, body: { ...person, ...first, rejected: [] } } },
      {
        pathEnd: '/P1/faces',
        answer: { status: 200, body: { person, ...second, faces: [], hints: [] } },
      },
    )
    await page.goto(`${mock.url}#/add-photos`)
    await page.getByLabel('Name').fill('Ann')
    await page.locator('input[type=file]').setInputFiles([samplePhoto(1), samplePhoto(2)])
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    const photos = page.getByRole('list', { name: 'Photos' }).getByRole('listitem')
    await photos.nth(0).getByText('looks like Maya, who is registered already').waitFor()
    await photos.nth(0).getByText('The photo is weak').waitFor()
    await photos.nth(0).getByText('The photo lies on its side; it was read upright.').waitFor()
    await photos.nth(1).getByText('The face is too blurred.').waitFor()
    await photos
      .nth(1)
      .getByText('Something covers the face. Take off mask or sunglasses')
      .waitFor()
  })

  test('says that a second photo helps while there is one', async () => {
    await page.goto(`${mock.url}#/add-photos`)
    await page.getByLabel('Name').fill('Ann')
    const register = async (photo: string, button: string) => {
      await page.locator('input[type=file]').setInputFiles(photo)
      await page.getByRole('button', { name: button, exact: true }).click()
    }
    await register(samplePhoto(1), 'Register')
    await page
      .getByText('1 face. A second photo about halves how often this person is missed.')
      .waitFor()
    await register(samplePhoto(2), 'Try the rest again')
    await page.getByText('2 faces. Add more photos, or go on.').waitFor()
  })

  test('asks whether a known name means the same person', async () => {
    mock.persons.push({ id: 'P9', name: 'Ann', faceCount: 2 })
    await page.goto(`${mock.url}#/add-photos`)
    await page.getByLabel('Name').fill(' Ann ')
    await page.locator('input[type=file]').setInputFiles(samplePhoto(1))
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Ann is registered already' })
    await dialog.getByRole('button', { name: 'Same person: add to Ann (2 faces)' }).click()
    await page.getByText('Ann is registered').waitFor()
    expect(mock.persons).toEqual([{ id: 'P9', name: 'Ann', faceCount: 3 }])
  })

  test('asks also about a name that came while the photo was on its way', async () => {
    await page.goto(`${mock.url}#/add-photos`)
    await page.getByLabel('Name').fill('Ann')
    await page.locator('input[type=file]').setInputFiles(samplePhoto(1))
    // Somebody else registers Ann after the page was opened; the page never looked before.
    mock.persons.push({ id: 'P9', name: 'Ann', faceCount: 2 })
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Ann is registered already' })
    await dialog.waitFor()
    expect(mock.requests.at(-2)).toMatch(/^POST .*ifExists=refuse/)
    await dialog.getByRole('button', { name: 'Somebody else: register another Ann' }).click()
    await page.getByText('Ann is registered').waitFor()
    expect(mock.persons.map(({ name, faceCount }) => [name, faceCount])).toEqual([
      ['Ann', 2],
      ['Ann', 1],
    ])
  })

  test('searches persons, and adds photos to one', async () => {
    for (let i = 1; i <= 60; i++) {
      mock.persons.push({ id: `P${i}`, name: `Person ${i}`, faceCount: 1 })
    }
    await page.goto(`${mock.url}#/people`)
    await page.getByText('60 people with 60 faces').waitFor()
    await page.getByText('60 people ·').waitFor()
    await page.getByRole('searchbox', { name: 'Search by name' }).fill('person 42')
    const cells = page.getByRole('gridcell')
    await expect.poll(() => cells.count(), patience).toBe(1)
    await openPerson(page, 'Person 42')
    await page.getByRole('main').getByRole('link', { name: 'Add photos' }).click()
    await page.getByRole('heading', { name: 'Add photos of Person 42' }).waitFor()
    await page.locator('input[type=file]').setInputFiles(samplePhoto(1))
    await page.getByRole('button', { name: 'Add photos' }).click()
    await page.getByText('Person 42 is registered').waitFor()
    await page.getByText('2 faces. Add more photos, or go on.').waitFor()
    expect(mock.persons[41]?.faceCount).toBe(2)
  })

  test('asks for no photograph of persons of whom none is stored', async () => {
    for (const name of ['Ann Smith', 'Maya']) mock.persons.push({ id: name, name, faceCount: 3 })
    await page.goto(`${mock.url}#/people`)
    await page.getByText('AS', { exact: true }).waitFor()
    await page.getByText('M', { exact: true }).waitFor()
    await page.getByRole('gridcell', { name: 'Maya' }).hover()
    await page.waitForLoadState('networkidle')
    expect(mock.requests.filter((line) => /faces|crop/.test(line))).toEqual([])
  })

  test('tells how alike the people are, once it was measured', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.goto(`${mock.url}#/people`)
    await page.getByText('1 person with 1 face').waitFor()
    expect(await page.getByText('This gallery').count()).toBe(0)
    const counted = { faces: 1000, persons: 1000, pairs: 499_500, rate: 1e-3 }
    const found = { falseMatches: 10_490, times: 21, shift: 0.077, expectedFpir: 0.144 }
    mock.difficulty = { ...counted, ...found }
    await page.reload()
    await page.getByText('This gallery is 21 times harder than the photographs').waitFor()
  })

  test('offers the collections when there are several', async () => {
    mock.collections = ['default', 'visitors']
    await page.goto(`${mock.url}#/people`)
    await page.getByLabel('Collection').selectOption('visitors')
    await expect
      .poll(() => mock.requests.some((line) => line.includes('/visitors/persons?')), patience)
      .toBe(true)
  })
})
