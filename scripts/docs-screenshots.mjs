// Takes the pictures of the page in docs/images: `npm run build && npm run docs:screenshots`.
//
// The built server in a data directory of its own, the system's Chromium, and the sample photographs of
// a development dependency. Who is in several of them is enrolled once, as the server decides; the
// photograph of a man stays unknown.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import sharp from 'sharp'

const load = (name) => createJiti(import.meta.url).import(`../test/helpers/${name}.ts`)
const { launchBrowser } = await load('browser')
const { startServerProcess } = await load('browser-server')
const { samplePhoto, writeCameraScenes } = await load('fake-camera')

const images = fileURLToPath(new URL('../docs/images/', import.meta.url))
const viewport = { width: 1280, height: 800 }
const names = [
  ...['Maya', 'Ines', 'Ann', 'Lea', 'Zoe', 'Cleo', 'Eva', 'Nora', 'Ida', 'Mia', 'Kim', 'Liv'],
  ...['Sara', 'Tess', 'Rosa', 'Vera', 'Lucy', 'Jane', 'Olga', 'Emma'],
]
const stranger = { left: 130, top: 380, width: 450, height: 500 }

const folder = mkdtempSync(join(tmpdir(), 'face-watcher-pictures-'))
const cameraFile = join(folder, 'camera.mjpeg')
const server = await startServerProcess()
const collection = `${server.url}v1/collections/default`
try {
  const scene = { photo: samplePhoto(3), region: { left: 440, top: 60, width: 1400, height: 1000 } }
  await writeCameraScenes(cameraFile, [{ ...scene, frames: 30 }], { width: 1280, height: 720 })
  await send('', 'PATCH', { storeCrops: true, keepUnknown: { hours: 72, crops: true } })
  await enrolSamples([1, 2, 4, 5])
  await seeStranger()
  await takePictures()
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}

async function send(path, method, body) {
  const answer = await fetch(`${collection}${path}`, {
    ...{ method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
  return answer.json()
}

async function sendPhoto(path, bytes, fields = {}) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('image', new Blob([bytes]), 'photo.jpg')
  const answer = await fetch(`${collection}${path}`, { method: 'POST', body: form })
  return { status: answer.status, body: await answer.json() }
}

/** Everybody in these photographs, from left to right; who is known gets another photograph. */
async function enrolSamples(numbers) {
  for (const number of numbers) {
    const photo = sharp(samplePhoto(number))
    const { width, height } = await photo.metadata()
    const { body } = await sendPhoto('/identify?candidates=1', await photo.clone().toBuffer())
    const faces = body.faces.toSorted((one, other) => one.box.x - other.box.x)
    for (const { box } of faces) {
      const margin = box.width * 0.5
      const from = { x: Math.max(0, box.x - margin), y: Math.max(0, box.y - margin) }
      const region = {
        left: Math.round(from.x),
        top: Math.round(from.y),
        width: Math.round(Math.min(width - from.x, box.width + 2 * margin)),
        height: Math.round(Math.min(height - from.y, box.height + 2 * margin)),
      }
      const cut = await photo.clone().extract(region).jpeg().toBuffer()
      const known = (await sendPhoto('/identify?candidates=1', cut)).body.faces?.[0]
      if (known === undefined || known.decision === 'undetermined') continue
      const [nearest] = known.candidates
      if (known.decision === 'match') {
        await sendPhoto(`/persons/${nearest.personId}/faces?faces=largest`, cut)
      } else {
        await sendPhoto('/persons?faces=largest', cut, { name: names.shift() })
      }
    }
  }
}

async function seeStranger() {
  const cut = await sharp(samplePhoto(6)).extract(stranger).jpeg().toBuffer()
  for (const source of ['Front door', 'Garage', 'Front door']) {
    await sendPhoto(`/identify?source=${encodeURIComponent(source)}`, cut)
  }
  for (let tries = 0; tries < 100; tries++) {
    const { items } = await (await fetch(`${collection}/strangers`)).json()
    if (items.some(({ count }) => count === 3)) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('The stranger was not seen.')
}

async function takePictures() {
  const browser = await launchBrowser({ cameraFile })
  try {
    const page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    const take = async (name) => {
      await page.mouse.move(0, 0)
      await page.waitForLoadState('networkidle')
      const png = await page.screenshot()
      await sharp(png).webp({ quality: 86 }).toFile(`${images}${name}.webp`)
      console.log(`docs/images/${name}.webp`)
    }
    const open = (path) => page.goto(`${server.url}#/${path}`)

    await open('identify')
    await page.locator('input[type=file]').setInputFiles(samplePhoto(3))
    await page.locator('.overlay-box').nth(2).waitFor()
    await take('page-identify')

    await open('live')
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.locator('.overlay-box').nth(2).waitFor()
    await page.waitForTimeout(3_000)
    await take('page-live')
    await page.getByRole('button', { name: 'Stop' }).click()
    await enrolSamples([3])

    await open('people?sort=name')
    await page.getByText('Ann', { exact: true }).waitFor()
    await take('page-people')

    await page.getByText('Ann', { exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Ann' }).waitFor()
    await page.getByRole('grid').getByRole('img').nth(1).waitFor()
    await take('page-person')

    const { items } = await (await fetch(`${collection}/strangers`)).json()
    await open(`unknown?stranger=${items[0].id}`)
    await page.getByRole('article').getByRole('img').first().waitFor()
    await take('page-unknown')

    await open('collections/settings')
    await page.getByRole('slider').waitFor()
    await take('page-settings')
  } finally {
    await browser.close()
  }
}
