// Makes the packed package carry ONNX Runtime without its install script, which downloads 300 MB of
// GPU libraries or fails where it cannot, and without GPU libraries:
// docs/decisions/0017-runtime-in-the-package.md. `npm pack` takes from a bundled package what its
// package.json names, so `prepack` replaces that file and `postpack` restores it.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../node_modules/onnxruntime-node/', import.meta.url))
const manifestPath = join(folder, 'package.json')
const originalPath = join(folder, 'package.json.original')

// By platform and architecture. On Windows, `onnxruntime.dll` loads DirectML.dll, dxcompiler.dll and
// dxil.dll only when a session asks for a GPU; on macOS the library stands there under two names, of
// which the binding loads the one here.
const nativeFiles = {
  'linux/x64': ['libonnxruntime.so.1'],
  'linux/arm64': ['libonnxruntime.so.1'],
  'darwin/arm64': ['libonnxruntime.1.dylib'],
  'win32/x64': ['onnxruntime.dll'],
  'win32/arm64': ['onnxruntime.dll'],
}

/** Moves the original back, also after a pack that was ended between the two steps. */
function restore() {
  if (existsSync(originalPath)) renameSync(originalPath, manifestPath)
}

function replace() {
  restore()
  const original = JSON.parse(readFileSync(manifestPath, 'utf8'))
  const { scripts: _scripts, devDependencies: _devDependencies, dependencies, ...kept } = original
  const files = Object.entries(nativeFiles).flatMap(([platform, libraries]) =>
    ['onnxruntime_binding.node', ...libraries].map((name) => `bin/napi-v6/${platform}/${name}`),
  )
  const missing = files.filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0) throw new Error(`onnxruntime-node does not hold ${missing.join(', ')}`)
  const manifest = {
    ...kept,
    // The others serve the install script.
    dependencies: { 'onnxruntime-common': dependencies['onnxruntime-common'] },
    files: ['dist', ...files],
  }
  // A file that is renamed leaves other copies of this folder alone where they share it by hard links.
  renameSync(manifestPath, originalPath)
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`)
}

const steps = { replace, restore }
const step = steps[process.argv[2]]
if (step === undefined) {
  console.error('usage: node scripts/bundle-runtime.mjs replace|restore')
  process.exit(2)
}
step()
