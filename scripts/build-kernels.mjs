// Compiles kernels/*.ts (AssemblyScript) to dist/kernels/*.wasm. Needs only node_modules; the same
// source and compiler give the same bytes.
import { mkdir, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
await mkdir(new URL('../dist/kernels/', import.meta.url), { recursive: true })

/** Whose memory threads share. */
const shared = ['scan-i8.ts']

const sources = (await readdir(new URL('../kernels/', import.meta.url)))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .sort()

for (const source of sources) {
  const output = `dist/kernels/${source.replace(/\.ts$/, '.wasm')}`
  const { error, stderr } = await asc.main([
    `kernels/${source}`,
    ...['--baseDir', root],
    ...['--outFile', output],
    ...['--runtime', 'stub'],
    ...['--enable', 'simd,threads'],
    '--importMemory',
    ...(shared.includes(source) ? ['--sharedMemory'] : []),
    // An upper limit for the import; each memory that is given names a smaller one.
    ...['--initialMemory', '1', '--maximumMemory', '65536'],
    ...['--memoryBase', '0'],
    '-O3',
    '--noAssert',
    ...['--converge'],
  ])
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`)
    process.exit(1)
  }
  process.stdout.write(`${output}\n`)
}
