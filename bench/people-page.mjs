// Is the page's list of people fluent with 100,000 persons?
//
//   npm run build && npm run bench:people-page -- [--persons 100000] [--data DIR] [--quick] [--out FILE]
//                                                [--models-from DIR]
//
// The built server with so many persons, each with a face and its crop, and the system's Chromium at
// 1280 x 800. It opens the list, scrolls by the wheel while pages come, goes to the last person by the
// End key, scrolls through what is loaded, jumps, searches by typing, and chooses everybody with
// Ctrl+A. Frames are counted in the page: the time from one to the next, of which 16.7 ms is the screen's
// own. `--data DIR` keeps the filled gallery for the next time.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import sharp from 'sharp'
import { monotonicFactory } from 'ulid'
import { openStore } from '../dist/compose/storage.js'
import { loadConfig } from '../dist/config/load.js'
import { createRandom } from '../dist/platform/random.js'
import { percentile, printTable, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    persons: { type: 'string' },
    data: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const persons = Number(args.persons ?? (args.quick ? 5_000 : 100_000))
const madeTogether = 1000
const dimension = 512
const patience = { timeout: 120_000 }
/** Nobody of the first ones in the alphabet begins with them, so that the list is seen to change. */
const letters = ['k', 'm', 'z']

const syllables = 'ka lo mi ne ra su te vi zo an el is or un ba de fi go hu ja li mo pa re'.split(
  ' ',
)

/** Runs in the page before anything else. */
const helpers = `
  let recording
  function startFrames() {
    recording = []
    let before
    const own = recording
    requestAnimationFrame(function next(now) {
      if (recording !== own) return
      if (before !== undefined) own.push(now - before)
      before = now
      requestAnimationFrame(next)
    })
  }
  function stopFrames() {
    const times = recording
    recording = undefined
    return times
  }
  function whenever(holds, then) {
    const observer = new MutationObserver(() => {
      if (!holds()) return
      observer.disconnect()
      then()
    })
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
  }
  whenever(() => document.querySelector('.item-grid [role=gridcell]'), () => (window.firstCardMs = performance.now()))
  whenever(() => document.querySelector('.item-grid canvas'), () => (window.firstPhotoMs = performance.now()))
  function untilFocusAtEnd(count) {
    return new Promise((resolve) => {
      requestAnimationFrame(function look() {
        if (document.activeElement?.dataset?.place === String(count - 1)) resolve()
        else requestAnimationFrame(look)
      })
    })
  }
  // Until the next frame is drawn, from the next key on.
  function note(holds) {
    window.noted = new Promise((resolve) => {
      let begun
      addEventListener('keydown', () => (begun ??= performance.now()), { capture: true, once: true })
      whenever(() => begun !== undefined && holds(), () =>
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun))),
      )
    })
  }
  function noteText(selector, digits) {
    note(() => document.querySelector(selector)?.textContent.replace(/[^0-9]/g, '') === digits)
  }
  function noteList() {
    const first = () => document.querySelector('.item-grid [role=gridcell]')
    const before = first()?.textContent
    note(() => first() && first().textContent !== before)
  }
  Object.assign(window, { startFrames, stopFrames, untilFocusAtEnd, noteText, noteList })
`

const { launchBrowser } = await createJiti(import.meta.url).import('../test/helpers/browser.ts')
prepareModels(args['models-from'], {})
const work = args.data ?? mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
try {
  await fill(work)
  const service = await startService(work)
  const browser = await launchBrowser()
  try {
    const measured = await measure(browser, `http://localhost:${service.port}/`)
    printTable(measured.frames)
    console.log(measured)
    writeResult('people-page', args, {
      question: 'how fluent the list of people is with so many persons, in Chromium',
      persons,
      ...measured,
    })
  } finally {
    await browser.close()
    await service.stop()
  }
} finally {
  if (args.data === undefined) rmSync(work, { recursive: true, force: true })
}

/** Fills the collection `default`, unless it is there. */
async function fill(dataDir) {
  mkdirSync(dataDir, { recursive: true })
  const { config } = loadConfig({ environment: {}, flags: { dataDir } })
  const store = await openStore(config)
  try {
    const [known] = (await store.collections.list()).items
    if (known !== undefined) return
    symlinkSync(join(resolve(args['models-from']), 'models'), join(dataDir, 'models'))
    const collection = await store.collections.create({
      ...{ name: 'default', modelId: 'mobilefacenet', dimension, storeCrops: true },
      policy: config.policy,
    })
    const random = createRandom(28)
    const newId = monotonicFactory()
    const crops = await makeCrops(random)
    for (let made = 0; made < persons; made += madeTogether) {
      const some = Array.from({ length: madeTogether }, () => toPerson(newId(), random))
      const faces = some.map(({ id }, i) => toFace(newId(), { personId: id, random, crops, i }))
      await store.transfer.restorePersons(collection.id, some)
      await store.transfer.restoreFaces(collection.id, faces)
      if ((made + madeTogether) % 20_000 === 0) console.error(`${made + madeTogether} persons`)
    }
  } finally {
    await store.close()
  }
}

/** Pictures of about the size of a crop; what they show does not matter to the page. */
function makeCrops(random) {
  return Promise.all(
    Array.from({ length: 40 }, () => {
      const background = { r: 255 * random(), g: 255 * random(), b: 255 * random() }
      const noise = { type: 'gaussian', mean: 128, sigma: 12 }
      return sharp({ create: { width: 160, height: 160, channels: 3, background, noise } })
        .jpeg({ quality: 80 })
        .toBuffer()
    }),
  )
}

function toPerson(id, random) {
  const word = (length) =>
    Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)]).join('')
  const title = (text) => text[0].toUpperCase() + text.slice(1)
  const now = new Date(1e12 + Math.floor(random() * 1e11)).toISOString()
  return {
    ...{ id, name: `${title(word(2))} ${title(word(3))}`, aliases: [], metadata: {} },
    ...{ hidden: false, favourite: random() < 0.05, revision: 1, createdAt: now, updatedAt: now },
  }
}

function toFace(id, { personId, random, crops, i }) {
  const embedding = Float32Array.from({ length: dimension }, () => random() - 0.5)
  const norm = Math.hypot(...embedding)
  const point = (x, y) => ({ x, y })
  return {
    ...{ id, personId, modelId: 'mobilefacenet', embedding: embedding.map((v) => v / norm) },
    quality: {
      ...{ sizePx: 112, sharpness: 300, brightness: 0.5, confidence: 0.99 },
      pose: { yaw: 0, pitch: 0, roll: 0 },
    },
    box: { x: 10, y: 20, width: 112, height: 140 },
    landmarks: [point(40, 60), point(90, 60), point(65, 90), point(45, 120), point(85, 120)],
    imageHash: Buffer.from(id).toString('hex').padEnd(64, '0').slice(0, 64),
    hasCrop: true,
    crop: { bytes: crops[i % crops.length] },
    createdAt: new Date(1e12).toISOString(),
  }
}

async function measure(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const devtools = await page.context().newCDPSession(page)
  await page.addInitScript(helpers)
  const frames = {}
  const watch = async (kind, action) => {
    await page.evaluate('startFrames()')
    await action()
    frames[kind] = toFrames(await page.evaluate('stopFrames()'))
  }
  await page.goto(`${url}#/people?sort=name`)
  const cells = page.locator('.item-grid [role=gridcell]')
  await page.locator('.item-grid canvas').first().waitFor(patience)
  const firstCardMs = await page.evaluate('firstCardMs')
  const firstPhotoMs = await page.evaluate('firstPhotoMs')

  await page.mouse.move(640, 500)
  const wheel = async (pixels, times) => {
    for (let i = 0; i < times; i++) {
      await page.mouse.wheel(0, pixels)
      await page.waitForTimeout(30)
    }
  }
  await watch('wheel, while pages come', () => wheel(500, args.quick ? 30 : 150))
  await cells.first().focus()
  const begunEnd = performance.now()
  await watch('the End key', async () => {
    await page.keyboard.press('End')
    await page.evaluate(`untilFocusAtEnd(${persons})`)
  })
  const endMs = performance.now() - begunEnd
  await watch('wheel upwards, all loaded', () => wheel(-500, args.quick ? 30 : 150))
  await watch('jumps', async () => {
    for (let i = 1; i <= 10; i++) {
      await page.evaluate(
        `scrollTo(0, document.documentElement.scrollHeight * ${(i * 7) % 10} / 10)`,
      )
      await page.waitForTimeout(300)
    }
  })
  const allLoaded = await readPage(page, devtools)

  await page.evaluate('scrollTo(0, 0)')
  await cells.first().focus()
  const chooseAllMs = []
  for (let round = 0; round < 3; round++) {
    await watch('Ctrl+A', async () => {
      await page.evaluate(`noteText('.selection-count', ${JSON.stringify(String(persons))})`)
      await page.keyboard.press('Control+a')
      chooseAllMs.push(await page.evaluate('noted'))
    })
    await page.keyboard.press('Escape')
  }
  const typedMs = []
  for (const letter of letters) {
    await watch('typing', async () => {
      await page.getByRole('searchbox').fill('')
      await page.waitForTimeout(1_000)
      await page.evaluate('noteList()')
      await page.getByRole('searchbox').pressSequentially(letter)
      typedMs.push(await page.evaluate('noted'))
    })
  }
  await page.close()
  return { firstCardMs, firstPhotoMs, endMs, chooseAllMs, typedMs, frames, allLoaded }
}

async function readPage(page, devtools) {
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.send('Performance.enable')
  const { metrics } = await devtools.send('Performance.getMetrics')
  const value = (name) => metrics.find((metric) => metric.name === name).value
  return {
    elements: await page.evaluate('document.querySelectorAll("*").length'),
    nodes: value('Nodes'),
    heapMiB: value('JSHeapUsedSize') / 2 ** 20,
  }
}

/** Times from one frame to the next, milliseconds. */
function toFrames(times) {
  return {
    frames: times.length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    longest: Math.max(...times),
    above50: times.filter((ms) => ms > 50).length / times.length,
    above100: times.filter((ms) => ms > 100).length,
  }
}
