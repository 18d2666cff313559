// The photographs of the benchmarks: those that face-api ships, scaled, and LFW's where it is there.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

const samples = 'node_modules/@vladmandic/face-api/demo'
const cachedDatasets = '.cache/evaluation/datasets'

/**
 * A folder `person/image.jpg`: the one given, or the one that `face-watcher evaluate` unpacked.
 * @returns {string | undefined}
 */
export function findLfw(given) {
  if (given !== undefined) return given
  try {
    const folders = readdirSync(cachedDatasets).map((name) => join(cachedDatasets, name, 'lfw'))
    return folders.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]
  } catch {
    return undefined
  }
}

/** One photograph each of `count` people of LFW, evenly over the alphabet. */
export function pickLfw(directory, count) {
  const people = readdirSync(directory, { withFileTypes: true }).filter((e) => e.isDirectory())
  const step = Math.max(1, Math.floor(people.length / count))
  return people
    .filter((_, i) => i % step === 0)
    .slice(0, count)
    .map(({ name }) => join(directory, name, readdirSync(join(directory, name)).sort()[0]))
}

/** face-api's photographs of groups, `width` pixels wide, written to `directory`. */
export function scaleSamples(width, directory) {
  const files = readdirSync(samples).filter((name) => /^sample\d\.jpg$/.test(name))
  return Promise.all(
    files.map(async (name) => {
      const file = join(directory, `${width}-${name}`)
      await sharp(join(samples, name)).resize({ width }).jpeg({ quality: 90 }).toFile(file)
      return file
    }),
  )
}
