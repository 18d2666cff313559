import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { samplePhoto, writeFakeCamera } from './fake-camera.ts'
import { type MockApi, startMockApi } from './mock-api.ts'

/** A busy machine is slow; nothing in these tests asserts a time. */
export const patience: { readonly timeout: number } = { timeout: 20_000 }

/** A browser whose camera shows one face. */
export interface Stage {
  readonly browser: Browser
  readonly cameraFile: string
  close(): Promise<void>
}

/** A page of the stage's browser, and the stand-in for the server that it talks to. */
export interface Scene {
  readonly mock: MockApi
  readonly page: Page
  /** What the browser complains about; a blocked style or script is among it. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** Starts the browser that the tests of a file share. */
export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'face-watcher-camera-'))
  const cameraFile = join(folder, 'camera.mjpeg')
  const region = { left: 1400, top: 110, width: 480, height: 480 }
  await writeFakeCamera(cameraFile, samplePhoto(6), region)
  const browser = await launchBrowser({ cameraFile })
  const close = async () => {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { browser, cameraFile, close }
}

/** Opens an empty page and a fresh stand-in; the test goes to `mock.url` when it is prepared. */
export async function openScene(browser: Browser): Promise<Scene> {
  const mock = await startMockApi()
  const page = await browser.newPage()
  const close = async () => {
    await page.close()
    await mock.close()
  }
  return { mock, page, complaints: collectComplaints(page), close }
}

/** Collects errors of the page's scripts and of the browser, without failed requests. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
  })
  return complaints
}

export type TabName =
  | 'Identify'
  | 'Live'
  | 'People'
  | 'Unknown'
  | 'Add photos'
  | 'Collections'
  | 'Evaluation'
  | 'System'

/** Goes to a view by its link in the header. */
export async function openTab(page: Page, tab: TabName): Promise<void> {
  await page.getByRole('banner').getByRole('link', { name: tab }).click()
  await page.getByRole('heading', { level: 1, name: tab }).waitFor()
}

/** A person's place in the list of people. */
export function personCell(page: Page, name: string): Locator {
  return page.getByRole('grid', { name: 'People' }).getByRole('gridcell', { name })
}

/** Opens a person's page from the list of people. */
export async function openPerson(page: Page, name: string): Promise<void> {
  await personCell(page, name).getByRole('link').click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}
