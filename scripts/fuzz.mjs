// Lets every parser of the program read changed inputs; npm run test:fuzz -- --help.
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import { writeResult } from '../bench/measure.mjs'

// Processes with a temporary folder of their own share what was translated.
const fsCache = fileURLToPath(new URL('../.cache/jiti', import.meta.url))
const { main } = await createJiti(import.meta.url, { fsCache }).import('../test/fuzz/main.ts')
const args = process.argv.slice(2)
process.exitCode = await main(args, fileURLToPath(import.meta.url), (out, result) =>
  writeResult(
    'fuzz',
    { out, command: `npm run test:fuzz -- --seconds ${result.seconds} --seed ${result.seed}` },
    { question: 'faults of the parsers', ...result },
  ),
)
