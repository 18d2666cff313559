import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/** The compiled code that an embedding depends on: while it is being changed, the version says too little. */
export async function hashPipeline() {
  const hash = createHash('sha256')
  const parts = ['pipeline.js', 'faces.js', 'image.js', 'pyramid.js']
  const files = parts.map((part) => `dist/vision/${part}`)
  // The judge's refusals are kept, too.
  const core = ['alignment', 'asymmetry', 'geometry', 'judge', 'quality']
  files.push(...core.map((name) => `dist/core/${name}.js`))
  for (const part of ['vision/detectors', 'vision/embedders', 'vision/pixels', 'kernels']) {
    const folder = `dist/${part}`
    for (const file of (await readdir(folder)).sort()) {
      if (/\.(js|wasm)$/.test(file)) files.push(`${folder}/${file}`)
    }
  }
  for (const file of files) hash.update(await readFile(file))
  return hash.digest('hex')
}
