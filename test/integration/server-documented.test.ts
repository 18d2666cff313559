import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { envelopeBytes, resolveHttpOptions } from '../../src/http/options.ts'
import { samplePhoto, writeFacePhoto } from '../helpers/cli.ts'
import { isThere } from '../helpers/programs.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { findFreePort } from '../servers/free-ports.ts'
import { findNginx } from '../servers/nginx.ts'
import { createServeNodes, type ServeNode } from '../servers/serve-node.ts'

// What the documents show of a running server is tried on one.

const root = new URL('../../', import.meta.url)
const readDoc = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const key = 'the-key-of-this-test'
const nodes = createServeNodes()
let node: ServeNode
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'face-watcher-docs-'))
  await writeFacePhoto('ann', join(directory, 'ann.jpg'))
  cpSync(samplePhoto(1), join(directory, 'party.jpg'))
  node = await nodes.start({
    FACE_WATCHER_HTTP_API_KEY: key,
    FACE_WATCHER_HTTP_TRUST_PROXY: 'loopback',
    FACE_WATCHER_HTTP_RATE_LIMIT_PER_MINUTE: '1000',
  })
}, 120_000)

afterAll(async () => {
  await nodes.end()
  rmSync(directory, { recursive: true, force: true })
})

/** The fenced blocks of a language in a document, in order. */
function blocksOf(path: string, language: string): readonly string[] {
  return [
    ...readDoc(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')),
  ].map(([, code]) => code as string)
}

/** Runs a program beside the photographs. @returns what it printed */
async function run(program: string, args: readonly string[]): Promise<string> {
  const { execFile } = await import('node:child_process')
  const { stdout } = await promisify(execFile)(program, [...args], {
    cwd: directory,
    env: { ...process.env, URL: node.url, KEY: key },
    timeout: 120_000,
  })
  return stdout
}

const guide = 'docs/guides/clients.md'
const authorized = { authorization: `Bearer ${key}` }

async function personNames(): Promise<readonly string[]> {
  const { json } = await node.send('GET', '/v1/collections/default/persons', {
    headers: authorized,
  })
  return json.items.map(({ name }: { readonly name: string }) => name)
}

describe('docs/guides/clients.md', () => {
  const noCurl = isThere('curl') ? undefined : 'no curl on the PATH'
  it.skipIf(noCurl)(
    nameWithReason('has an example in curl that enrols and identifies', noCurl),
    async () => {
      const [example = ''] = blocksOf(guide, 'sh')
      const output = await run('sh', ['-euc', example])
      const answers = output.split(/(?<=\})(?=\{)/).map((json) => JSON.parse(json))
      expect(answers[0]).toMatchObject({ name: 'Ann' })
      expect(answers[1].faces.length).toBeGreaterThan(1)
      expect(await personNames()).toEqual(['Ann'])
    },
    120_000,
  )

  const noPython = isThere('python3') ? undefined : 'no python3 on the PATH'
  it.skipIf(noPython)(
    nameWithReason('has an example in Python that does the same', noPython),
    async () => {
      const [example = ''] = blocksOf(guide, 'python')
      // The key of the curl example is used for another request otherwise.
      const output = await run('python3', ['-c', example.replace('"ann-1"', '"ann-python"')])
      expect(output).toMatch(/^match Ann \[\]$/m)
      expect(await personNames()).toEqual(['Ann'])
    },
    120_000,
  )

  it('has an example in TypeScript that does the same', async () => {
    const [example = ''] = blocksOf(guide, 'ts')
    const { outputText } = ts.transpileModule(example.replace("'ann-1'", "'ann-ts'"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(join(directory, 'client.mjs'), outputText)
    const output = await run(process.execPath, ['client.mjs'])
    expect(output).toMatch(/^match Ann \[\]$/m)
    expect(await personNames()).toEqual(['Ann'])
  }, 120_000)
})

describe('docs/reference/http-api.md', () => {
  it('has a row for every metric that the server exports, and for no other', async () => {
    const { json: metrics } = await node.send('GET', '/metrics', { headers: authorized })
    const exported = [...metrics.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
    const table = readDoc('docs/reference/http-api.md')
      .split('\n## Metrics\n')[1]
      ?.split('\n## ')[0]
    const cells = (table ?? '').split('\n').flatMap((line) => /^\| (`.+?) \|/.exec(line)?.[1] ?? [])
    const documented = cells.flatMap((cell) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    )
    expect(exported.length).toBeGreaterThan(20) // observed 25
    expect([...documented].sort()).toEqual([...exported].sort())
  })
})

describe('docs/guides/reverse-proxy.md', () => {
  const path = 'docs/guides/reverse-proxy.md'
  const { maxRequestBytes } = resolveHttpOptions({})

  it('lets the largest request of the server through', () => {
    const [, nginxMegabytes] = /client_max_body_size (\d+)m;/.exec(readDoc(path)) ?? []
    const [, caddyMegabytes] = /max_size (\d+)MiB/.exec(readDoc(path)) ?? []
    const least = (maxRequestBytes + envelopeBytes) / 1024 / 1024
    expect(Number(nginxMegabytes)).toBeGreaterThanOrEqual(least)
    expect(Number(caddyMegabytes)).toBeGreaterThanOrEqual(least)
  })

  const noNginx = findNginx() === undefined ? 'no nginx on the PATH' : undefined
  it.skipIf(noNginx)(
    nameWithReason('has a configuration of nginx that serves', noNginx),
    async () => {
      const port = await findFreePort()
      const [shown = ''] = blocksOf(path, 'nginx')
      // Without a certificate, and before the server of this test.
      const server = shown
        .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
        .replaceAll(/^.*ssl_certificate.*$/gm, '')
        .replace('http://127.0.0.1:8000', node.url)
      const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      const file = join(directory, 'nginx.conf')
      writeFileSync(
        file,
        `daemon off;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      pid ${directory}/nginx.pid;
      events { worker_connections 64; }
      http {
        access_log off;
        ${temps.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n')}
        ${server}
      }`,
      )
      const log = `${directory}/nginx.log`
      const proxy = spawn(findNginx()!, ['-c', file, '-p', directory, '-e', log], {
        stdio: 'ignore',
      })
      const ended = new Promise((resolve) => proxy.once('exit', resolve))
      try {
        const url = `http://127.0.0.1:${port}`
        const headers = { ...authorized, host: 'faces.example.org' }
        await expect.poll(() => statusOf(`${url}/healthz`), { timeout: 20_000 }).toBe(200)
        const form = new FormData()
        // Above nginx' own limit of 1 MB, with bytes behind the end of the photograph.
        const photo = readFileSync(join(directory, 'party.jpg'))
        form.append('image', new Blob([photo, new Uint8Array(2_000_000)]), 'party.jpg')
        const address = `${url}/v1/collections/default/identify`
        const answer = await fetch(address, { method: 'POST', headers, body: form })
        expect(answer.status).toBe(200)
        expect(answer.headers.get('server-timing')).toContain('embed')
        expect(await statusOf(`${url}/metrics`)).toBe(404)
        expect(await statusOf(`${url}/v1/collections`)).toBe(401)
      } finally {
        proxy.kill('SIGTERM')
        await ended
      }
    },
    120_000,
  )
})

async function statusOf(url: string): Promise<number | undefined> {
  return fetch(url).then(
    ({ status }) => status,
    () => undefined,
  )
}
