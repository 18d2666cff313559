import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { cutFace, enrolPhoto } from '../helpers/browser-people.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { measureLayoutShift } from '../helpers/layout-shift.ts'
import { createPeopleApi } from '../helpers/people-api.ts'

const title = `screens that come without moving${skippedWithoutChromium}`
/** Lighthouse's limit of a good page. */
const most = 0.1

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let ann: string

  beforeAll(async () => {
    server = await startServerProcess()
    const names = Array.from({ length: 120 }, (_, i) => `Person ${i}`)
    await createPeopleApi(server.url).create(names)
    ann = await enrolPhoto(server.url, { name: 'Ann', photo: await cutFace('ann') })
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test.each([
    ...['identify', 'live', 'people', 'people?view=list', 'people?query=ann', 'people/twice'],
    ...['history', 'add-photos', 'add-photos/many', 'unknown', 'unknown/find', 'collections'],
    ...['collections/settings', 'collections/model', 'collections/examination', 'evaluation'],
    ...['system', 'system/models', 'system/jobs', 'system/keys', 'system/problems'],
    ...['system/configuration', 'people/ANN', 'people/ANN?part=details', 'people/ANN?part=said'],
  ])('%s', async (address) => {
    const url = `${server.url}#/${address.replace('ANN', ann)}`
    const shifts = await measureLayoutShift(browser, url)
    expect(shifts.filter(({ sum }) => sum >= most)).toEqual([])
  })
})
