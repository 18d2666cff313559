// How many frames a second does the live picture answer, and how far is it behind?
//
//   npm run build && node bench/live.mjs [--rounds 5] [--seconds 10] [--out FILE] [--quick]
//
// Chromium plays a video of 640 x 480 with one and with three real faces as its camera; the built
// server, on the same machine, has one of them enrolled. Measured are the Live screen, by the numbers
// that it shows, and the way of the page before it, which sent one frame after the other and at most
// ten a second: the same capture, request and answer, in the same page. Each variant of each round
// has a browser of its own; their order changes from round to round.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import { median, percentile, printTable, takeTurns, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = args.quick ? 1 : Number(args.rounds)
const seconds = args.quick ? 3 : Number(args.seconds)
const warmUpMs = args.quick ? 1_000 : 4_000

const load = (name) => createJiti(import.meta.url).import(`../test/helpers/${name}.ts`)
const { launchBrowser } = await load('browser')
const { startServerProcess } = await load('browser-server')
const { samplePhoto, writeCameraScenes } = await load('fake-camera')
const { annAtCamera, annInSample3, cutPhoto } = await load('sample-people')

const faces = {
  1: annInSample3,
  3: { left: 440, top: 60, width: 1400, height: 1000 },
}

const folder = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const server = await startServerProcess()
try {
  await enrolAnn()
  const variants = []
  for (const [count, region] of Object.entries(faces)) {
    const cameraFile = join(folder, `${count}.mjpeg`)
    const scene = { photo: samplePhoto(3), region, frames: 30 }
    await writeCameraScenes(cameraFile, [scene], { width: 640, height: 480 })
    for (const way of ['live', 'before']) variants.push({ way, faces: Number(count), cameraFile })
  }
  const seen = new Map(variants.map((variant) => [variant, []]))
  for (let round = 0; round < rounds; round++) {
    for (const variant of takeTurns(variants, round)) {
      seen.get(variant).push(await measure(variant))
    }
  }
  const rows = variants.map((variant) => toRow(variant, seen.get(variant)))
  printTable(rows)
  writeResult('live', args, {
    question: 'How many frames a second does the live picture answer, and how far is it behind?',
    ...{ rounds, seconds, warmUpMs, frame: '640 x 480', rows },
  })
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}

async function enrolAnn() {
  const form = new FormData()
  form.append('name', 'Ann')
  const { buffer } = await cutPhoto(1, annAtCamera, 'ann.jpg')
  form.append('images', new Blob([buffer]), 'ann.jpg')
  const url = `${server.url}v1/collections/default/persons`
  const answer = await fetch(url, { method: 'POST', body: form })
  if (!answer.ok) throw new Error(`Ann was not enrolled: ${await answer.text()}`)
}

/** Frames a second and median delay of one variant, in a browser of its own. */
async function measure({ way, faces: expected, cameraFile }) {
  const browser = await launchBrowser({ cameraFile })
  try {
    const page = await browser.newPage()
    await page.goto(`${server.url}#/live`)
    const start = page.getByRole('button', { name: 'Start camera' })
    await start.waitFor()
    if (way === 'before') return await page.evaluate(runBefore, { warmUpMs, seconds, expected })
    await start.click()
    await page
      .locator('.overlay-box')
      .nth(expected - 1)
      .waitFor()
    await page.waitForTimeout(warmUpMs)
    const shown = []
    for (let second = 0; second < seconds; second++) {
      await page.waitForTimeout(1_000)
      const words = await page.locator('.stage-note').textContent()
      const [fps, delay] = words
        .replaceAll(',', '')
        .match(/\d+(\.\d+)?/g)
        .map(Number)
      shown.push({ fps, delay })
    }
    return {
      framesPerSecond: median(shown.map(({ fps }) => fps)),
      delayMs: median(shown.map(({ delay }) => delay)),
    }
  } finally {
    await browser.close()
  }
}

/** The page before: one frame at a time, a tenth of a second from one to the next. Runs in the page. */
async function runBefore({ warmUpMs, seconds, expected }) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' },
  })
  const video = document.createElement('video')
  Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true })
  document.querySelector('main').append(video)
  await video.play()
  const overlay = document.createElement('div')
  video.after(overlay)
  const canvas = document.createElement('canvas')
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

  async function answerFrame() {
    const scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight))
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    const takenAt = performance.now()
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.82))
    const form = new FormData()
    form.append('image', blob, 'probe')
    const sentAt = performance.now()
    const path = 'v1/collections/default/identify?readTurned=false&candidates=3'
    const answer = await (await fetch(path, { method: 'POST', body: form })).json()
    if (answer.faces.length !== expected) throw new Error(`${answer.faces.length} faces were found`)
    overlay.replaceChildren(
      ...answer.faces.map(({ candidates }) => {
        const box = document.createElement('div')
        box.textContent = candidates[0]?.personName ?? ''
        return box
      }),
    )
    const now = performance.now()
    await sleep(Math.max(0, 100 - (now - sentAt)))
    return now - takenAt
  }

  const warmUntil = performance.now() + warmUpMs
  while (performance.now() < warmUntil) await answerFrame()
  const begunAt = performance.now()
  const delays = []
  while (performance.now() < begunAt + seconds * 1_000) delays.push(await answerFrame())
  const tookMs = performance.now() - begunAt
  delays.sort((a, b) => a - b)
  return {
    framesPerSecond: (delays.length * 1_000) / tookMs,
    delayMs: delays[Math.floor(delays.length / 2)],
  }
}

function toRow({ way, faces: count }, measured) {
  const fps = measured.map(({ framesPerSecond }) => framesPerSecond)
  return {
    ...{ way, faces: count },
    framesPerSecond: median(fps),
    slowest: percentile(fps, 0),
    fastest: percentile(fps, 1),
    delayMs: median(measured.map(({ delayMs }) => delayMs)),
  }
}
