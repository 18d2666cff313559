// Builds native/faiss against an installed libfaiss (docs/guides/faiss.md). Node's headers are taken
// from beside node, so that nothing is downloaded. `--sanitize`: with AddressSanitizer, for tests.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const unknown = process.argv.slice(2).filter((argument) => argument !== '--sanitize')
if (unknown.length > 0) fail(`Unknown option ${unknown[0]}. Allowed: --sanitize`)

const nodeDir = dirname(dirname(realpathSync(process.execPath)))
if (!existsSync(join(nodeDir, 'include/node/node_api.h'))) {
  fail(`Node's headers are not at ${join(nodeDir, 'include/node')}; install them beside node.`)
}

const { FAISS_ROOT, CONDA_PREFIX, HOMEBREW_PREFIX } = process.env
const prefixes = [FAISS_ROOT, CONDA_PREFIX, HOMEBREW_PREFIX, '/usr/local', '/usr'].filter(Boolean)
const prefix = prefixes.find((path) => existsSync(join(path, 'include/faiss/Index.h')))
if (prefix === undefined) {
  fail(
    [
      `libfaiss was not found under ${prefixes.join(', ')}. Install it:`,
      '  Debian, Ubuntu: apt-get install libfaiss-dev libopenblas-dev',
      '  Homebrew:       brew install faiss libomp',
      '  conda:          conda install -c conda-forge faiss libopenblas',
      'or set FAISS_ROOT to the folder with include/faiss and lib.',
    ].join('\n'),
  )
}

// The system's own folders are searched anyway, and in the right order.
const own = prefix !== '/usr'
const require = createRequire(import.meta.url)
const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
const { status } = spawnSync(
  process.execPath,
  [
    gyp,
    'rebuild',
    `--nodedir=${nodeDir}`,
    '--',
    `-Dsanitize=${process.argv.includes('--sanitize') ? 1 : 0}`,
    ...(own ? [`-Dfaiss_include_dirs=${join(prefix, 'include')}`] : []),
    ...(own ? [`-Dfaiss_library_dirs=${join(prefix, 'lib')}`] : []),
  ],
  { cwd: fileURLToPath(new URL('../native/faiss', import.meta.url)), stdio: 'inherit' },
)
process.exit(status ?? 1)

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
