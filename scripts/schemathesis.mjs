// Sends what schemathesis generates from openapi.json to a running server, without and with a key.
// Fails where an answer is a server error or differs from what the document promises.
//
//   node scripts/schemathesis.mjs [--data DIR] [--seconds N] [--seed N]
//
// DIR holds installed models, default .cache/test-data; --seconds bounds each of the two runs, default 75.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, '.cache/test-servers/schemathesis/bin/schemathesis')
const readOption = (name) =>
  process.argv[process.argv.indexOf(name) + 1 || Number.POSITIVE_INFINITY]
const data = resolve(readOption('--data') ?? join(root, '.cache/test-data'))
const seconds = Number(readOption('--seconds') ?? 75)
const seed = readOption('--seed') ?? '1'
const key = 'a-key-for-this-test-of-32-characters'

// Checks that fail for a reason that is no fault.
const excluded = [
  // Any bytes are an image for a schema; what is none is refused.
  'positive_data_acceptance',
  // It takes the id of a collection for what addresses it, which is its name.
  'ensure_resource_availability',
]
/** A run that sent less has shown nothing. */
const leastCases = 300

async function findPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function waitUntilReady(url, child) {
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt++) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error('the server did not become ready')
}

/** @returns whether everything passed */
async function tryServer(name, apiKey) {
  const dataDir = mkdtempSync(join(tmpdir(), 'face-watcher-schemathesis-'))
  cpSync(join(data, 'models'), join(dataDir, 'models'), { recursive: true })
  const url = `http://127.0.0.1:${await findPort()}`
  const args = ['dist/cli/main.js', '--data-dir', dataDir, 'serve', '--port', new URL(url).port]
  const server = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      FACE_WATCHER_LOG_LEVEL: 'error',
      ...(apiKey === undefined ? {} : { FACE_WATCHER_HTTP_API_KEY: apiKey }),
    },
  })
  try {
    await waitUntilReady(url, server)
    const header = apiKey === undefined ? [] : ['--header', `Authorization: Bearer ${apiKey}`]
    const { status, stdout, stderr } = spawnSync(
      program,
      [
        ...['run', join(root, 'openapi.json'), '--url', url, ...header],
        ...['--checks', 'all', '--exclude-checks', excluded.join(',')],
        // From the first key on the server asks for one.
        ...(apiKey === undefined ? ['--exclude-operation-id', 'createKey'] : []),
        ...['--max-time', String(seconds), '--request-timeout', '20', '--seed', seed, '--no-color'],
      ],
      { cwd: dataDir, encoding: 'utf8', timeout: (seconds + 180) * 1000, maxBuffer: 64 << 20 },
    )
    const alive = server.exitCode === null
    const cases = Number(stdout.match(/(\d+) generated/)?.[1] ?? 0)
    if (status !== 0) console.log(stdout, stderr)
    console.log(
      `schemathesis ${name}: ${cases} cases, exit code ${status}, server ${alive ? 'alive' : 'ended'}`,
    )
    return status === 0 && alive && cases >= leastCases
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
    rmSync(dataDir, { recursive: true, force: true })
  }
}

if (!existsSync(program)) {
  console.error('schemathesis is not installed: .ci/run shows how')
  process.exit(2)
}
const withoutKey = await tryServer('without a key', undefined)
const withKey = await tryServer('with a key', key)
process.exitCode = withoutKey && withKey ? 0 : 1
