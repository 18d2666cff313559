// The library as a peer: `identify` in this process, many at once.
//
//   node bench/peers/library.mjs DATA_DIR
//
// Answers {"files": [...], "clients": n} with {"ms": all of it, "cpuMs": of all threads, "latencies": [ms
// of each]}, and {"counts": true} with the numbers of strangers and sightings.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createFaceWatcher } from '../../dist/index.js'
import { version } from '../../dist/version.js'
import { inParallel, time } from '../measure.mjs'

const faceWatcher = await createFaceWatcher({ dataDir: process.argv[2] })
console.log(JSON.stringify({ name: 'Face Watcher library', version: version() }))

for await (const line of createInterface({ input: process.stdin })) {
  const { files, clients, counts } = JSON.parse(line)
  if (counts) {
    console.log(JSON.stringify(await faceWatcher.strangers.counts('default')))
    continue
  }
  const images = files.map((file) => Uint8Array.from(readFileSync(file)))
  const latencies = []
  const before = process.cpuUsage()
  const [ms] = await time(() =>
    inParallel(images, clients, async (image) => {
      const [took] = await time(() => faceWatcher.identify('default', image, { candidates: 1 }))
      latencies.push(took)
    }),
  )
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, latencies }))
}
await faceWatcher.close()
