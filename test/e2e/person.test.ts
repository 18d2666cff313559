import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, patience, personCell } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import {
  type ApiPerson,
  createPeopleApi,
  type PeopleApi,
  samplePortrait,
} from '../helpers/people-api.ts'

const title = `a person's page with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: ServerProcess
  let browser: Browser
  let api: PeopleApi
  let page: Page
  let messages: Locator
  let complaints: string[]

  beforeAll(async () => {
    server = await startServerProcess()
    api = createPeopleApi(server.url)
    await api.send('PATCH', '', { storeCrops: true })
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    complaints = collectComplaints(page)
    messages = page.getByRole('region', { name: 'Messages' })
  })
  afterEach(async () => {
    await page.close()
    expect(complaints).toEqual([])
    const { items } = (await api.send('GET', '/persons')) as { items: ApiPerson[] }
    for (const { id } of items) await api.send('DELETE', `/persons/${id}?erase=now`)
  })

  const open = (person: ApiPerson | undefined, part = '') =>
    page.goto(`${server.url}#/people/${person?.id}${part}`)
  const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true })
  const photosOf = (name: string) =>
    page.getByRole('grid', { name: `Photos of ${name}` }).getByRole('gridcell')
  const tools = () => page.getByRole('toolbar', { name: 'With the photos that are chosen' })

  /** Says that neither the other person's face nor a photograph that is not kept is the person. */
  async function reject(person: ApiPerson, other: ApiPerson): Promise<void> {
    const { items } = (await api.send('GET', `/persons/${other.id}/faces`)) as {
      readonly items: readonly [{ readonly id: string }]
    }
    const image = (await samplePortrait('cleo')).toString('base64')
    for (const body of [{ faceId: items[0].id }, { image }]) {
      await api.send('POST', `/persons/${person.id}/rejections`, body)
    }
  }

  test('two browsers edit one person: the second sees what the first has saved, and decides', async () => {
    const [ann] = await api.create(['Ann'])
    await open(ann, '?part=details')
    const other = await browser.newPage()
    await other.goto(`${server.url}#/people/${ann?.id}?part=details`)
    await other.getByLabel('Notes').fill('Sits at the window.')
    await page.getByLabel('Name', { exact: true }).fill('Anna')
    await page.getByLabel('Tags').fill('family')
    await page.getByRole('button', { name: 'Save' }).click()
    await messages.getByText('Anna was saved.').waitFor()

    await other.getByRole('button', { name: 'Save' }).click()
    const told = other.getByRole('region', { name: 'Messages' })
    await told.getByText('Somebody else has changed this in the meantime.').waitFor()
    await told.getByRole('button', { name: 'See their change' }).click()
    await other.getByText('Somebody else has changed this person since you began.').waitFor()
    await other.getByText('Name: Anna').waitFor()
    expect(await other.getByLabel('Notes').inputValue()).toBe('Sits at the window.')
    await other.getByRole('button', { name: 'Save mine all the same' }).click()
    await told.getByText('Anna was saved.').waitFor()
    await other.close()
    expect(await api.send('GET', `/persons/${ann?.id}`)).toMatchObject({
      name: 'Anna',
      notes: 'Sits at the window.',
      metadata: { tags: ['family'] },
    })
  })

  test('another person’s photo is moved to a new one, said before it is done, and undone', async () => {
    const ann = await api.enroll('Ann', [
      ...(await Promise.all([samplePortrait('ann'), samplePortrait('annAgain')])),
      await samplePortrait('bea'),
    ])
    await open(ann)
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(3)
    await photosOf('Ann').first().getByText('Perhaps somebody else').waitFor()
    await page.getByRole('button', { name: 'Choose the odd one' }).click()
    await tools().getByRole('button', { name: 'Somebody else' }).click()
    const picker = page.getByRole('dialog', { name: 'Who is on this photo?' })
    await picker.getByLabel('Name', { exact: true }).fill('Bea')
    await picker.getByText('New person: Bea').click()
    const question = page.getByRole('dialog', { name: 'Move 1 photo to Bea' })
    await question.getByText('Bea becomes a person of one photo.').waitFor()
    await question.getByText('Ann keeps 2 photos.').waitFor()
    await question.getByRole('button', { name: 'Move', exact: true }).click()
    await messages.getByText('1 photo is of Bea now.').waitFor()
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(2)
    await messages.getByRole('button', { name: 'Undo' }).click()
    await messages.getByText('Undone.').waitFor()
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(3)
  })

  test('two persons who are one are merged, said before it is done, and undone', async () => {
    const ann = await api.enroll('Ann', [await samplePortrait('ann')])
    await api.enroll('Anna Smith', [await samplePortrait('annAgain')])
    await open(ann)
    await page.getByRole('button', { name: 'Merge' }).click()
    const picker = page.getByRole('dialog', { name: 'Who is the same person as Ann?' })
    await picker.getByLabel('Name', { exact: true }).fill('smith')
    await picker.getByRole('option', { name: 'Anna Smith' }).click()
    const question = page.getByRole('dialog', { name: 'Merge 2 people' })
    await question.getByText('Ann gets 1 photo of the others.').waitFor()
    await question.getByRole('radio', { name: 'Anna Smith' }).check()
    await question.getByText('Anna Smith gets 1 photo of the others.').waitFor()
    await question.getByText('Other names: Ann.').waitFor()
    await question.getByRole('button', { name: 'Merge' }).click()
    await messages.getByText('1 person was merged into Anna Smith.').waitFor()
    await heading('Anna Smith').waitFor()
    await expect.poll(() => photosOf('Anna Smith').count(), patience).toBe(2)
    await messages.getByRole('button', { name: 'Undo' }).click()
    await messages.getByText('Undone.').waitFor()
    await page.getByRole('banner').getByRole('link', { name: 'People' }).click()
    await personCell(page, 'Anna Smith').waitFor()
    await expect.poll(() => page.getByRole('gridcell').count(), patience).toBe(2)
    const { items } = (await api.send('GET', '/persons?sort=name')) as { items: ApiPerson[] }
    expect(items.map(({ name, faceCount }) => [name, faceCount])).toEqual([
      ['Ann', 1],
      ['Anna Smith', 1],
    ])
  })

  test('a person is deleted and comes back', async () => {
    const ann = await api.enroll('Ann', [await samplePortrait('ann')])
    await open(ann)
    await page.getByRole('button', { name: 'Delete' }).click()
    const question = page.getByRole('alertdialog', { name: 'Delete Ann?' })
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Nobody is registered yet.').waitFor()
    await messages.getByRole('button', { name: 'Undo' }).click()
    await personCell(page, 'Ann').waitFor()
    // Whoever has the page of somebody who is gone is told.
    await api.send('DELETE', `/persons/${ann.id}`)
    await open(ann)
    await page.reload()
    await page.getByText('This person no longer exists.').waitFor()
  })

  test('a photo is shown for the person, set aside, put back and confirmed', async () => {
    const photos = [await samplePortrait('ann'), await samplePortrait('annAgain')]
    const ann = await api.enroll('Ann', photos)
    await open(ann)
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(2)
    await page.getByRole('checkbox', { name: 'Choose photo 2 of Ann' }).check()
    await tools().getByRole('button', { name: 'Show for the person' }).click()
    await messages.getByText('The photo now shows Ann.').waitFor()
    await page.getByText('Shown for the person.').waitFor()

    await photosOf('Ann').first().focus()
    await page.keyboard.press(' ')
    await tools().getByRole('button', { name: 'Set aside' }).click()
    await page.getByRole('heading', { name: '1 photo set aside' }).waitFor()
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(1)
    await page.getByRole('button', { name: 'Put photo 1 back' }).click()
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(2)

    await page.getByRole('checkbox', { name: 'Choose photo 1 of Ann' }).check()
    await tools().getByRole('button', { name: 'It is Ann' }).click()
    await messages.getByText('You have confirmed that this is Ann.').waitFor()
    await page.getByRole('link', { name: 'Corrections' }).click()
    const said = page.getByRole('list', { name: 'Certainly Ann' })
    await said.getByRole('button', { name: 'Take back' }).click()
    await messages.getByText('It is taken back.').waitFor()
    await said.getByRole('listitem').waitFor({ state: 'detached' })
  })

  test('a change is undone from the history, done again, and refused where it is in the way', async () => {
    const [ann] = await api.create(['Ann'])
    await api.send('PATCH', `/persons/${ann?.id}`, { name: 'Anna' })
    await open(ann, '?part=history')
    const entries = page.getByRole('list', { name: 'History' }).locator(':scope > li')
    await expect.poll(() => entries.count(), patience).toBe(2)
    await entries.first().getByRole('button', { name: 'Details' }).click()
    await entries.first().getByText('Anna', { exact: true }).last().waitFor()
    await entries.first().getByRole('button', { name: 'Undo' }).click()
    await heading('Ann').waitFor()
    // The undo is an entry, and undoing it does the change again.
    await entries.first().getByRole('button', { name: 'Do it again' }).click()
    await heading('Anna').waitFor()
    await api.send('PATCH', `/persons/${ann?.id}`, { name: 'Annette' })
    await page.reload()
    await heading('Annette').waitFor()
    await expect.poll(() => entries.count(), patience).toBe(5)
    const redone = entries.nth(1)
    await redone.getByRole('button', { name: 'Do it again' }).click()
    await redone.getByText('This can no longer be undone').waitFor()
    await redone.getByText('The person was renamed again since').waitFor()
  })

  test('the history of everybody is narrowed to one person', async () => {
    const [, bea] = await api.create(['Ann', 'Bea'])
    await page.goto(`${server.url}#/people`)
    await page.getByRole('link', { name: 'History' }).click()
    await heading('History').waitFor()
    const entries = page.getByRole('list', { name: 'History' }).locator(':scope > li')
    await entries.nth(1).waitFor()
    await page.getByRole('button', { name: 'Of one person only' }).click()
    await page.getByRole('option', { name: 'Bea' }).click()
    await expect.poll(() => entries.count(), patience).toBe(1)
    expect(new URL(page.url()).hash).toBe(`#/history?person=${bea?.id}`)
    await page.getByRole('button', { name: 'Of everybody' }).click()
    await entries.nth(1).waitFor()
  })

  test('what changes nothing offers no undo, which would be that of another change', async () => {
    const [ann] = await api.create(['Ann'])
    await open(ann)
    await heading('Ann').waitFor()
    await api.send('PATCH', `/persons/${ann?.id}`, { favourite: true })
    await page.getByRole('button', { name: 'Favourite' }).click()
    await messages.getByRole('button', { name: 'Save mine all the same' }).click()
    await messages.getByText('Ann is a favourite.').waitFor()
    expect(await messages.getByRole('button', { name: 'Undo' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Hidden' }).click()
    await messages.getByRole('button', { name: 'Undo' }).click()
    await messages.getByText('Undone.').waitFor()
    const now = { favourite: true, hidden: false }
    expect(await api.send('GET', `/persons/${ann?.id}`)).toMatchObject(now)
  })

  test('what was said shows the photo where one is kept, and whose it is', async () => {
    const ann = await api.enroll('Ann', [await samplePortrait('ann')])
    const bea = await api.enroll('Bea', [await samplePortrait('bea')])
    await reject(ann, bea)
    await open(ann, '?part=said')
    const said = page.getByRole('list', { name: 'Not Ann' }).getByRole('listitem')
    await expect.poll(() => said.count(), patience).toBe(2)
    const ofBea = said.filter({ hasText: 'A stored photo' })
    await ofBea.getByRole('img', { name: 'A stored photo' }).waitFor()
    await said.filter({ hasText: 'A photo that was not kept' }).waitFor()
    expect(await page.getByRole('img', { name: 'A stored photo' }).count()).toBe(1)
    await ofBea.getByRole('link', { name: 'Bea' }).click()
    await heading('Bea').waitFor()
  })

  test('photos are ordered by how well they show the face', async () => {
    const photos = [await samplePortrait('ann'), await samplePortrait('annAgain')]
    const ann = await api.enroll('Ann', photos)
    await open(ann)
    await expect.poll(() => photosOf('Ann').count(), patience).toBe(2)
    await page.getByLabel('Sorted by').selectOption('Best first')
    await expect.poll(() => new URL(page.url()).hash).toContain('sort=best')
    const { shownFaceId } = (await api.send('GET', `/persons/${ann.id}`)) as {
      readonly shownFaceId: string
    }
    await photosOf('Ann').first().focus()
    await page.keyboard.press('Space')
    await expect.poll(() => new URL(page.url()).hash).toContain(`selected=${shownFaceId}`)
  })

  test('who is there twice is found, said to be different, and taken back', async () => {
    const ann = await api.enroll('Ann', [await samplePortrait('ann')])
    await api.enroll('Anna', [await samplePortrait('annAgain')])
    await api.enroll('Cleo', [await samplePortrait('cleo')])
    await page.goto(`${server.url}#/people/twice`)
    await page.getByText('Nobody has looked yet.').waitFor()
    await page.getByRole('button', { name: 'Look now' }).click()
    const pairs = page.getByRole('list', { name: 'There twice?' }).getByRole('listitem')
    await pairs.first().waitFor()
    expect(await pairs.count()).toBe(1)
    await page.getByRole('button', { name: 'Ann and Anna are different people' }).click()
    await pairs.getByText('Said to be different people.').waitFor()
    await messages.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('button', { name: 'Ann and Anna are the same person' }).click()
    const question = page.getByRole('dialog', { name: 'Merge 2 people' })
    await question.getByRole('button', { name: 'Merge' }).click()
    await messages.getByText('1 person was merged into Ann.').waitFor()
    await pairs.first().waitFor({ state: 'detached' })
    await open(ann, '?part=similar')
    await page.getByText('Who looks so much like Ann').waitFor()
  })

  test('its parts have no fault that axe-core finds', async () => {
    const photos = [await samplePortrait('ann'), await samplePortrait('annAgain')]
    const ann = await api.enroll('Ann', [...photos, await samplePortrait('bea')])
    await api.enroll('Anna', photos)
    await reject(ann, await api.enroll('Cleo', [await samplePortrait('cleo')]))
    for (const [part, ready] of [
      ['photos', 'Perhaps somebody else'],
      ['details', 'Other fields'],
      ['similar', 'Look'],
      ['said', 'Certainly Ann'],
      ['seen', 'Seen before'],
      ['history', '3 photos'],
    ] as const) {
      const findings = await auditScreen(browser, {
        name: `person-${part}`,
        url: `${server.url}#/people/${ann.id}?part=${part}`,
        ready: (audited) => audited.getByRole('main').getByText(ready).first().waitFor(),
      })
      expect({ part, findings }).toEqual({ part, findings: [] })
    }
  }, 240_000)
})
