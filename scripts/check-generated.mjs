// Fails when a generated file differs from what its generator makes now. `npm run generate` renews them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dir = mkdtempSync(join(tmpdir(), 'face-watcher-generated-'))
const generated = [
  { file: 'openapi.json', make: (out) => node('scripts/generate-openapi.mjs', '--out', out) },
  {
    file: 'web/src/shared/api.d.ts',
    make: (out) => node('node_modules/openapi-typescript/bin/cli.js', 'openapi.json', '-o', out),
  },
  {
    file: 'docs/reference/configuration.md',
    make: (out) => node('scripts/generate-config-docs.mjs', '--out', out),
  },
]

function node(...args) {
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

let stale = 0
try {
  for (const { file, make } of generated) {
    const out = join(dir, file.replaceAll('/', '-'))
    make(out)
    if (readFileSync(out, 'utf8') !== readFileSync(file, 'utf8')) {
      stale++
      console.error(`${file} is out of date: run "npm run generate" and commit the result.`)
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
process.exitCode = stale === 0 ? 0 : 1
