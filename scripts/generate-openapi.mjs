// Writes openapi.json from the compiled application (`npm run build:server` first).
// `--out FILE` writes to another place.
import { writeFile } from 'node:fs/promises'
import { createApp } from '../dist/http/app.js'

const flag = process.argv.indexOf('--out')
const target = flag > 0 ? process.argv[flag + 1] : new URL('../openapi.json', import.meta.url)

// The document follows from the schemas alone: no use case is called.
const app = await createApp({ faceWatcher: {}, answers: {}, keys: {} })
const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
await app.close()

await writeFile(target, text)
console.log(`openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`)
