// How long does one image take, from bytes to embeddings of all its faces, beside other software?
//
//   npm run bench:pipeline -- [--lfw DIR] [--models-from DIR] [--python FILE] [--rounds 7]
//                             [--widths 250,640,1280,1920] [--before DIR] [--quick] [--out FILE]
//
// Each program runs in a process of its own and takes turns with the others, in an order that
// changes with every round. A turn is up to 16 photographs, after eight that are not counted: when a
// program has waited for the others, the processor's caches are full of their data, and the first
// photographs take up to half as long again. What the very first takes is told as `firstOfTurnMs`.
// The photographs are those that face-api ships, scaled; at 250 pixels LFW's (person/image.jpg)
// where they are there. A peer that is not there is named and left out.
// `--before`: another checkout of this project, built, with its models in DIR/.cache/test-data: only
// the two are compared, photograph by photograph, because a few per cent are less than a machine
// drifts while 16 photographs pass. `--quick`: few images and rounds, for a look.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median, percentile, printTable, takeTurns, writeResult } from './measure.mjs'
import { startPeers } from './peers/peer.mjs'
import {
  prepareFaceApi,
  prepareModels,
  prepareOpencvModels,
  preparePython,
} from './peers/prepare.mjs'
import { findLfw, pickLfw, scaleSamples } from './photos.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    python: { type: 'string' },
    widths: { type: 'string', default: '250,640,1280,1920' },
    rounds: { type: 'string' },
    before: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(args.rounds ?? (args.quick ? 1 : 7))
/** Programs that take half a second an image are asked less often. */
const slowRounds = Math.min(rounds, 2)
const lfwImages = args.quick ? 5 : 40
/** Few enough that nobody waits so long for a turn that threads are ended for want of work. */
const turnImages = args.before === undefined ? 16 : 1
/** Not counted, at the start of a turn. */
const uncounted = args.quick || turnImages === 1 ? 1 : 8
const lfw = findLfw(args.lfw)
/** Boxes of two programs are of the same face from this intersection over union on. */
const sameFaceOverlap = 0.3

prepareModels(args['models-from'], { optional: ['sface'] })
const peer = (name) => join(import.meta.dirname, 'peers', name)
const own = (...rest) => [process.execPath, peer('face-watcher.mjs'), args['models-from'], ...rest]
const before = (...rest) => [
  process.execPath,
  join(args.before, 'bench/peers/face-watcher.mjs'),
  join(args.before, '.cache/test-data'),
  ...rest,
]
const ownContestants = [
  { id: 'face-watcher', command: own('mobilefacenet') },
  { id: 'face-watcher-2-workers', command: own('mobilefacenet', '2') },
  {
    id: 'face-watcher-sface',
    needs: [join(args['models-from'], 'models/sface')],
    command: own('sface'),
  },
]
const changeContestants = () => [
  ownContestants[0],
  { id: 'before', command: before('mobilefacenet') },
  ownContestants[1],
  { id: 'before-2-workers', command: before('mobilefacenet', '2') },
]
const peerContestants = async () => {
  const python = preparePython(args.python)
  const { yunet, sface } = await prepareOpencvModels()
  const faceApi = prepareFaceApi()
  const opencv = (threads) => ({
    needs: [yunet, sface],
    command: [python, peer('opencv.py'), yunet, sface, threads],
  })
  return [
    ...ownContestants,
    { id: 'opencv', ...opencv('1') },
    { id: 'opencv-2-threads', ...opencv('2') },
    {
      id: 'face-api-ssd',
      slow: true,
      command: [process.execPath, peer('face-api.mjs'), faceApi, 'ssd'],
    },
    {
      id: 'face-api-tiny',
      slow: true,
      command: [process.execPath, peer('face-api.mjs'), faceApi, 'tiny'],
    },
    { id: 'facenet-pytorch', slow: true, command: [python, peer('facenet_pytorch_peer.py'), '2'] },
    { id: 'mtcnn-keras-facenet', slow: true, command: [python, peer('mtcnn_keras_peer.py')] },
  ]
}
const contestants = args.before === undefined ? await peerContestants() : changeContestants()
const slow = new Set(contestants.filter((one) => one.slow).map(({ id }) => id))

const directory = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const { peers, programs, stop } = await startPeers(contestants)
const sizes = []
try {
  for (const width of args.widths.split(',').map(Number)) {
    const isLfw = width === 250 && lfw !== undefined
    const images = isLfw ? pickLfw(lfw, lfwImages) : await scaleSamples(width, directory)
    const size = summarise(await measure(images))
    sizes.push({ width, photographs: isLfw ? 'LFW' : 'samples', images: images.length, ...size })
    console.log(`\n${width} px, ${images.length} images`)
    printTable(size.programs)
  }
} finally {
  await stop()
  rmSync(directory, { recursive: true, force: true })
}
writeResult('pipeline', args, {
  question: 'milliseconds from the bytes of an image to the embeddings of all its faces',
  rounds,
  roundsOfSlowPrograms: slowRounds,
  programs,
  sizes,
})

/** @returns {Promise<Map<string, {firstMs: number[], images: {faces, embedMs, ms: number[]}[]}>>} of each program */
async function measure(files) {
  const empty = () => ({ firstMs: [], images: files.map(() => ({ ms: [], embedMs: [] })) })
  const answers = new Map(peers.map(({ id }) => [id, empty()]))
  const numbers = [...files.keys()]
  // Round -1 warms up.
  for (let round = -1; round < rounds; round++) {
    for (let from = 0; from < files.length; from += turnImages) {
      const turn = numbers.slice(from, from + turnImages)
      for (const { id, ask } of takeTurns(peers, round + 1 + from / turnImages)) {
        const isSlow = slow.has(id)
        if (isSlow && round >= slowRounds) continue
        const { firstMs, images } = answers.get(id)
        for (let i = 0; i < (isSlow ? 1 : uncounted); i++) {
          const { ms } = await ask({ file: files[turn[i % turn.length]] })
          if (i === 0 && round >= 0) firstMs.push(ms)
        }
        for (const i of turn) {
          const { ms, embedMs, faces } = await ask({ file: files[i] })
          images[i].faces = faces
          if (round < 0) continue
          images[i].ms.push(ms)
          if (embedMs !== undefined) images[i].embedMs.push(embedMs)
        }
      }
    }
  }
  return answers
}

/** Means over the images of each image's median; ratios image by image. */
function summarise(answers) {
  const ours = answers.get('face-watcher').images
  const row = {}
  for (const [id, { firstMs, images }] of answers) {
    const medians = images.map(({ ms }) => median(ms))
    const faces = images.reduce((sum, image) => sum + image.faces.length, 0)
    const embedMs = images.reduce((sum, image) => sum + (median(image.embedMs) || 0), 0)
    row[id] = {
      medianMs: median(medians),
      meanMs: mean(medians),
      p95Ms: percentile(
        images.flatMap(({ ms }) => ms),
        0.95,
      ),
      firstOfTurnMs: median(firstMs),
      timesFaceWatcher: median(medians.map((ms, i) => ms / median(ours[i].ms))),
      ...(embedMs > 0 ? { embedMsPerFace: embedMs / faces } : {}),
      faces,
      facesInCommon: images.reduce((n, image, i) => n + inCommon(image.faces, ours[i].faces), 0),
    }
  }
  return { programs: row }
}

function inCommon(a, b) {
  const overlap = ([ax, ay, aw, ah], [bx, by, bw, bh]) => {
    const w = Math.min(ax + aw, bx + bw) - Math.max(ax, bx)
    const h = Math.min(ay + ah, by + bh) - Math.max(ay, by)
    if (w <= 0 || h <= 0) return 0
    return (w * h) / (aw * ah + bw * bh - w * h)
  }
  return a.filter((face) => b.some((other) => overlap(face, other) > sameFaceOverlap)).length
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length
}
