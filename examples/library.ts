// Enrols the people in a folder's image files, named by file, and says who is on a photograph.
//
//   node library.js FOLDER PHOTO
import { readdir, readFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import process from 'node:process'
import { createFaceWatcher, explainReason, isFaceError } from 'face-watcher'

const [folder, photo] = process.argv.slice(2)
if (folder === undefined || photo === undefined) throw new Error('usage: library.js FOLDER PHOTO')

const faceWatcher = await createFaceWatcher({
  dataDir: process.env.DATA_DIR ?? './face-watcher-data',
  onInstallProgress: ({ model, stage }) => process.stderr.write(`${model}: ${stage}\n`),
})

try {
  for (const fileName of await readdir(folder)) {
    const bytes = await readFile(join(folder, fileName))
    // Run again, it adds to the person of this name instead of making another.
    const person = { name: parse(fileName).name, ifExists: 'reuse' } as const
    const { faces, rejected } = await faceWatcher.enroll('default', person, [{ fileName, bytes }])
    for (const { face } of faces) process.stdout.write(`enrolled ${person.name} as ${face.id}\n`)
    for (const { message } of rejected) process.stdout.write(`rejected ${fileName}: ${message}\n`)
  }

  const { faces } = await faceWatcher.identify('default', await readFile(photo))
  for (const { decision, reasons, candidates } of faces) {
    if (decision === 'undetermined') {
      process.stdout.write(`cannot tell: ${reasons.map(explainReason).join('; ')}\n`)
      continue
    }
    const [best] = candidates
    const name = best === undefined ? 'nobody' : best.personName
    const similarity = best === undefined ? '' : ` (${best.similarity.toFixed(3)})`
    process.stdout.write(`${decision}: nearest is ${name}${similarity}\n`)
  }
} catch (error) {
  if (!isFaceError(error)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n`)
  process.exitCode = 1
} finally {
  await faceWatcher.close()
}
