import { readdirSync, readFileSync } from 'node:fs'
import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { patience } from '../helpers/browser-dashboard.ts'
import { type FurnishedServer, startFurnishedServer } from '../helpers/furnished-server.ts'
import { mockProblem } from '../helpers/mock-api.ts'
import { samplePortrait } from '../helpers/people-api.ts'

const web = new URL('../../web/src/', import.meta.url)

interface DialogCase {
  /** Where its file is, in web/src. */
  readonly file: string
  readonly name: string
  readonly address: (server: FurnishedServer) => string
  /** Opens it. */
  readonly open: (page: Page) => Promise<unknown>
}

const press = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name }).first().click()

/** Presses these one after the other. */
const presses =
  (...names: readonly (string | RegExp)[]): DialogCase['open'] =>
  async (page) => {
    for (const name of names) await press(page, name)
  }

/** Answers a request otherwise than the server does, from the next load on. */
async function answer(page: Page, url: string, how: (route: Route) => Promise<unknown>) {
  await page.route(url, (route) => void how(route))
  await page.reload()
}

const { body, ...refusal } = mockProblem(401, 'unauthorized')
const refuse = (route: Route) => route.fulfill({ ...refusal, json: body })

async function registerAnn(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('Ann')
  const buffer = await samplePortrait('annAgain')
  const file = { name: 'ann.jpg', mimeType: 'image/jpeg', buffer }
  await page.locator('input[type=file]').setInputFiles(file)
  await press(page, /^Register$/)
}

/** A second model is beside the one that answers, and lacks an embedding. */
async function besideSface(page: Page): Promise<void> {
  const job = {
    ...{
      id: 'J1',
      kind: 'modelMigration',
      input: { modelId: 'sface' },
      state: 'done',
      attempts: 1,
    },
    ...{ createdAt: '2026-01-02T03:04:05.000Z', createdBy: { kind: 'anonymous', name: '' } },
    result: {
      ...{ filled: 5, missing: 1 },
      comparison: { faces: 5, persons: 3, agreement: 1, models: [] },
    },
  }
  await page.route(/\/v1\/jobs(\/J1)?(\?|$)/, async (route) => {
    const collection = await (await page.request.get(collectionOf(page))).json()
    const mine = { ...job, collectionId: collection.id }
    const one = route.request().url().includes('/J1')
    await route.fulfill({ json: one ? mine : { items: [mine] } })
  })
  await answer(page, '**/v1/collections/default', async (route) => {
    const response = await route.fetch()
    const second = { modelId: 'sface', dimension: 128, faces: 4 }
    await route.fulfill({ response, json: { ...(await response.json()), second } })
  })
  await page.getByText('5 faces were embedded; 1 has none.').waitFor()
}

const collectionOf = (page: Page) => `${page.url().split('#')[0]}v1/collections/default`

const key = { id: 'K1', name: 'Front door', prefix: 'fw_k3J0x9Q', scopes: ['identify'] }
const showKey = (page: Page) =>
  answer(page, '**/v1/keys?*', (route) => route.fulfill({ json: { items: [key] } }))

async function makeKey(page: Page): Promise<void> {
  const made = { ...key, key: 'fw_k3J0x9QsJ2mX0c8r1YpZ4uVw6tBn7aLd' }
  await page.route('**/v1/keys', (route) => route.fulfill({ status: 201, json: made }))
  await press(page, 'New key')
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Front door')
  await press(page, 'Make the key')
  await page.getByText('Copy it now').waitFor()
}

async function moveFace(page: Page): Promise<void> {
  await presses('Choose the odd one', 'Somebody else')(page)
  await page.getByRole('option', { name: 'Anna' }).click()
}

async function failBulk(page: Page): Promise<void> {
  await page.route('**/persons/bulk', async (route) => {
    const { ids } = route.request().postDataJSON() as { readonly ids: readonly string[] }
    const gone = { status: 'failed', code: 'personNotFound', message: 'gone' }
    const items = ids.map((id) => ({ id, ...gone }))
    await route.fulfill({ json: { items } })
  })
  await press(page, 'Hide')
}

const settings = () => '/collections/settings?collection=visitors'
const personOf = ({ ann }: FurnishedServer) => `/people/${ann.id}`
const chosen = ({ ann, anna }: FurnishedServer) => `/people?selected=${ann.id},${anna.id}`

const dialogs: readonly DialogCase[] = [
  {
    file: 'features/access/sign-in-dialog.tsx',
    name: 'Sign in',
    address: () => '/people',
    open: (page) => answer(page, '**/v1/**', refuse),
  },
  {
    file: 'features/add-many/take-back.tsx',
    name: 'Take this registration back?',
    address: ({ endedJob }) => `/add-photos/many?collection=visitors&job=${endedJob}`,
    open: presses('Take all back'),
  },
  {
    file: 'features/add-photos/namesake-dialog.tsx',
    name: 'Ann is registered already',
    address: () => '/add-photos',
    open: registerAnn,
  },
  {
    file: 'features/collections/create-collection-dialog.tsx',
    name: 'New collection',
    address: () => '/collections',
    open: presses('New collection'),
  },
  {
    file: 'features/collections/delete-panel.tsx',
    name: 'Delete visitors for good?',
    address: settings,
    open: presses('Delete visitors'),
  },
  {
    file: 'features/collections/model-view.tsx',
    name: 'Erase what sface keeps?',
    address: () => '/collections/model',
    open: async (page) => {
      await besideSface(page)
      await press(page, 'Erase sface')
    },
  },
  {
    file: 'features/collections/switch-button.tsx',
    name: 'Switch although faces are missing?',
    address: () => '/collections/model',
    open: async (page) => {
      await besideSface(page)
      await press(page, 'Let sface answer')
    },
  },
  {
    file: 'features/people/bulk-dialog.tsx',
    name: 'Delete 2 people?',
    address: chosen,
    open: presses('Delete'),
  },
  {
    file: 'features/people/bulk-dialog.tsx',
    name: '2 people could not be changed',
    address: chosen,
    open: failBulk,
  },
  {
    file: 'features/people/tags-dialog.tsx',
    name: 'Tags of 2 people',
    address: chosen,
    open: presses('Tags'),
  },
  {
    file: 'features/people/merge/merge-dialog.tsx',
    name: 'Merge 2 people',
    address: chosen,
    open: async (page) => {
      await press(page, 'Merge')
      await page.getByText('You can undo this.').waitFor()
    },
  },
  {
    file: 'features/people/person/delete-faces-dialog.tsx',
    name: 'Delete a photo of Ann?',
    address: personOf,
    open: async (page) => {
      await press(page, 'Choose the odd one')
      await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
    },
  },
  {
    file: 'features/people/person/move-dialog.tsx',
    name: 'Move 1 photo to Anna',
    address: personOf,
    open: moveFace,
  },
  {
    file: 'features/people/person/person-head.tsx',
    name: 'Delete Ann?',
    address: personOf,
    open: presses('Delete'),
  },
  {
    file: 'features/system/create-key-dialog.tsx',
    name: 'New key',
    address: () => '/system/keys',
    open: presses('New key'),
  },
  {
    file: 'features/system/create-key-dialog.tsx',
    name: 'Your new key',
    address: () => '/system/keys',
    open: makeKey,
  },
  {
    file: 'features/system/keys-view.tsx',
    name: 'Revoke Front door?',
    address: () => '/system/keys',
    open: async (page) => {
      await showKey(page)
      await press(page, 'Revoke')
    },
  },
  {
    file: 'features/unknown/stranger-verbs.tsx',
    name: 'Discard this stranger?',
    address: () => '/unknown',
    open: presses(/^Discard/),
  },
  {
    file: 'shared/jobs/job-buttons.tsx',
    name: 'Cancel this job?',
    address: ({ job }) => `/add-photos/many?collection=visitors&job=${job}`,
    open: presses('Cancel job'),
  },
  {
    file: 'shared/strangers/keep-form.tsx',
    name: 'Erase all unknown faces of default?',
    address: () => '/unknown',
    open: presses('Change', 'Keep nothing any more'),
  },
  {
    file: 'shared/persons/person-picker.tsx',
    name: 'Whose changes?',
    address: () => '/history',
    open: async (page) => {
      await press(page, 'Of one person only')
      await page.getByRole('option', { name: 'Anna' }).waitFor()
    },
  },
]

const title = `every dialog, for everybody${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: FurnishedServer
  let browser: Browser

  beforeAll(async () => {
    server = await startFurnishedServer()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test('is looked at here', () => {
    const files = readdirSync(web, { recursive: true, encoding: 'utf8' })
    const withDialog = files.filter((file) => {
      if (!file.endsWith('.tsx') || file.startsWith('shared/dialog/')) return false
      return /<(Confirm)?Dialog\b/.test(readFileSync(new URL(file, web), 'utf8'))
    })
    expect(withDialog.sort()).toEqual([...new Set(dialogs.map(({ file }) => file))].sort())
  })

  const cases = dialogs.map((one, index) => [`${one.file} ${one.name}`, one, index] as const)
  test.for(cases)('%s has no fault', async ([, { file, name, address, open }, index]) => {
    const findings = await auditScreen(browser, {
      name: `dialog-${index}-${file.replace(/^.*\/(.*)\.tsx$/, '$1')}`,
      url: `${server.url}#${address(server)}`,
      ready: async (page) => {
        page.setDefaultTimeout(patience.timeout)
        await open(page)
        const found = page.getByRole('dialog', { name }).or(page.getByRole('alertdialog', { name }))
        await found.waitFor()
      },
    })
    expect(findings).toEqual([])
  })
})
