import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/**
 * The compiled code that an embedding depends on: while it is being changed, the version says too little.
 *
 * @param more  further folders that what is kept depends on
 */
export async function hashPipeline(more = []) {
  const hash = createHash('sha256')
  // The judge's refusals are kept, too.
  const core = ['alignment', 'asymmetry', 'geometry', 'judge', 'quality']
  const files = core.map((name) => `dist/core/${name}.js`)
  for (const folder of ['dist/vision/pipeline', 'dist/kernels', ...more]) {
    for (const file of (await readdir(folder, { recursive: true })).sort()) {
      if (/\.(js|wasm)$/.test(file)) files.push(`${folder}/${file}`)
    }
  }
  for (const file of files) hash.update(await readFile(file))
  return hash.digest('hex')
}
