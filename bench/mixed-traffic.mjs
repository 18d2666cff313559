// What a server on the internet is sent: images of all sizes and formats, damaged and hostile files,
// uploads that break off. Drawn by a seed, so that two runs send the same.
import { readFileSync } from 'node:fs'
import { request as startRequest } from 'node:http'
import sharp from 'sharp'
import { createRandom } from '../dist/platform/random.js'

const boundary = 'face-watcher-mixed'
const path = '/v1/collections/default/identify?candidates=3'

/** Longest sides, pixels, with how often of a thousand requests they come. */
const sizes = [
  { sidePx: 60, of: 60 },
  { sidePx: 250, of: 340 },
  { sidePx: 640, of: 250 },
  { sidePx: 1280, of: 110 },
  { sidePx: 2500, of: 20 },
  { sidePx: 4500, of: 4 },
]
const others = [
  { kind: 'cut off', of: 80 },
  { kind: 'damaged', of: 60 },
  { kind: 'hostile', of: 40 },
  { kind: 'aborted', of: 35 },
  { kind: 'largest', of: 1 },
]
const slowFormats = ['webp', 'avif', 'gif']
const formats = ['jpeg', 'progressive', 'png', 'webp', 'avif', 'gif', 'tiff']

/**
 * @param photos  files of photographs with faces
 * @param largest  sides of the blank images that take the whole budget of memory, by format
 * @returns `draw()`: what is sent next, with its `kind`, and `isAborted` where the upload breaks off
 */
export async function createMixedTraffic(photos, { seed = 1, largest }) {
  const random = createRandom(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const files = await makeFiles(photos)
  const huge = await makeLargest(largest)
  const kinds = [...sizes.map(({ sidePx, of }) => ({ kind: sidePx, of })), ...others]
  const total = kinds.reduce((sum, { of }) => sum + of, 0)
  const drawKind = () => {
    let at = random() * total
    for (const { kind, of } of kinds) {
      at -= of
      if (at < 0) return kind
    }
    return sizes[0].sidePx
  }
  const ordinary = () => pick(pick([...files.values()].slice(0, 3)))
  const make = {
    'cut off': (file) => file.subarray(0, Math.floor(random() * file.length)),
    damaged: (file) => {
      const copy = Buffer.from(file)
      for (let i = 0; i < 20; i++) copy[Math.floor(random() * copy.length)] = random() * 256
      return copy
    },
    hostile: (file) => pick(makeHostile(file)),
    aborted: (file) => file,
    largest: () => pick(huge),
  }
  return {
    draw() {
      const kind = drawKind()
      const isSize = typeof kind === 'number'
      const file = isSize ? pick(files.get(kind)) : make[kind](ordinary())
      return {
        kind: isSize ? `${kind} px` : kind,
        isAborted: kind === 'aborted',
        path: kind === 'largest' ? `${path}&minFaceSize=12` : path,
        body: toForm(file),
      }
    },
  }
}

async function makeFiles(photos) {
  const files = new Map()
  for (const { sidePx } of sizes) {
    const size = { width: sidePx, height: sidePx, fit: 'inside' }
    // Of the larger sizes one a format, and none that takes long to write.
    const isLarge = sidePx > 1280
    const made = (isLarge ? photos.slice(0, 1) : photos).flatMap((photo) =>
      formats
        .filter((format) => !isLarge || !slowFormats.includes(format))
        .map((format) => encode(sharp(photo).resize(size), format)),
    )
    files.set(sidePx, await Promise.all(made))
  }
  return files
}

async function makeLargest(largest) {
  const background = { r: 200, g: 180, b: 160 }
  return Promise.all(
    Object.entries(largest).map(([format, side]) => {
      const create = { width: side, height: side, channels: 3, background }
      return encode(sharp({ create, limitInputPixels: false }), format)
    }),
  )
}

/** @returns the bytes of a file */
export function encode(image, format) {
  if (format === 'progressive') return image.jpeg({ progressive: true }).toBuffer()
  return image.toFormat(format, format === 'avif' ? { effort: 0 } : {}).toBuffer()
}

function makeHostile(file) {
  const png = Buffer.from(onePixelPng, 'base64')
  const wide = Buffer.from(png)
  wide.writeUInt32BE(60_000, 16)
  wide.writeUInt32BE(60_000, 20)
  return [
    wide,
    Buffer.alloc(0),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>'),
    Buffer.from('%PDF-1.7\n%%EOF'),
    Buffer.concat([file.subarray(0, 64), Buffer.alloc(100_000, 0xff)]),
  ]
}

const onePixelPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function toForm(file) {
  return Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n\r\n`,
    ),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
}

/**
 * Sends it; an aborted one ends after half of its bytes.
 *
 * @returns the status, or `aborted`
 */
export function sendMixed({ port, agent }, { path, body, isAborted }) {
  return new Promise((done, fail) => {
    const request = startRequest({
      ...{ host: '127.0.0.1', port, agent, method: 'POST', path },
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': body.length,
      },
    })
    if (isAborted) {
      request.on('error', () => done('aborted'))
      request.write(body.subarray(0, body.length / 2), () => request.destroy())
      request.on('close', () => done('aborted'))
      return
    }
    request.on('error', fail)
    request.on('response', (answer) => {
      answer.resume().on('error', fail)
      answer.on('end', () => done(answer.statusCode))
    })
    request.end(body)
  })
}

/** Photographs that face-api ships. */
export function readSamples(folder) {
  return [1, 2, 3].map((n) => readFileSync(`${folder}/sample${n}.jpg`))
}
