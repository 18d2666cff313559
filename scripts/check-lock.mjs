// Fails when the lock file lets a dependency's own install script run. None is needed, and
// onnxruntime-node's downloads GPU libraries or fails. npm runs, from a lock file, only the scripts
// of packages that it marks with `hasInstallScript`: docs/decisions/0017-runtime-in-the-package.md.
// npm writes the mark again when it resolves such a package; `--write` takes it out.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const marked = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript)

if (process.argv.includes('--write')) {
  for (const [, entry] of marked) delete entry.hasInstallScript
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
} else if (marked.length > 0) {
  console.error(`package-lock.json lets these run their own install scripts:`)
  for (const [name, { version }] of marked) console.error(`  ${name} ${version}`)
  console.error('Run "npm run lock" and commit the result.')
  process.exitCode = 1
}
