// Writes openapi.json from the compiled application (`npm run build:server` first).
//   node scripts/generate-openapi.mjs            writes the file
//   node scripts/generate-openapi.mjs --check    fails when the committed file is not what would be written
import { readFile, writeFile } from 'node:fs/promises'
import { createApp } from '../dist/http/app.js'

const target = new URL('../openapi.json', import.meta.url)

// The document follows from the schemas alone: no use case is called.
const app = await createApp({})
const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
await app.close()

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '')
  if (committed !== text) {
    console.error('openapi.json is out of date; run: node scripts/generate-openapi.mjs')
    process.exitCode = 1
  }
} else {
  await writeFile(target, text)
  console.log(`openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`)
}
