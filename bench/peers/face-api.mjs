// @vladmandic/face-api as a peer: decode, detect, 68 landmarks, descriptor, for every face.
//
//   node bench/peers/face-api.mjs PACKAGES ssd|tiny
//
// PACKAGES holds node_modules with face-api and TensorFlow.js. The backend is wasm with SIMD and as
// many threads as TensorFlow.js takes; decoding is sharp's, as face-api brings no decoder of its
// own. Speaks as opencv.py does.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'

const [packages, kind] = process.argv.slice(2)
const require = createRequire(join(resolve(packages), 'x.js'))
const tf = require('@tensorflow/tfjs')
const wasm = require('@tensorflow/tfjs-backend-wasm')
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js')

wasm.setWasmPaths(`${join(resolve(packages), '@tensorflow/tfjs-backend-wasm/dist')}/`)
await tf.setBackend('wasm')
await tf.ready()
const weights = join(resolve(packages), '@vladmandic/face-api/model')
const detector = kind === 'ssd' ? 'ssdMobilenetv1' : 'tinyFaceDetector'
for (const net of [detector, 'faceLandmark68Net', 'faceRecognitionNet']) {
  await faceapi.nets[net].loadFromDisk(weights)
}
// The defaults of each detector.
const options =
  kind === 'ssd' ? new faceapi.SsdMobilenetv1Options() : new faceapi.TinyFaceDetectorOptions()
console.log(JSON.stringify({ name: `face-api ${kind}, ${tf.getBackend()}`, version: '1.7.15' }))

for await (const line of createInterface({ input: process.stdin })) {
  const file = readFileSync(JSON.parse(line).file)
  const begun = performance.now()
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const image = tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], 'int32')
  const found = await faceapi
    .detectAllFaces(image, options)
    .withFaceLandmarks()
    .withFaceDescriptors()
  tf.dispose(image)
  const ms = performance.now() - begun
  const faces = found.map(({ detection: { box } }) => [box.x, box.y, box.width, box.height])
  console.log(JSON.stringify({ ms, faces }))
}
