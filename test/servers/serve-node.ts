import { createTestDataDir, startCli, type TestDataDir } from '../helpers/cli.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly json: any
}

/** A `serve` process with one analysis worker. Requests reject while nothing listens. */
export interface ServeNode {
  readonly url: string
  readonly data: TestDataDir
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  /** The value of a metric without labels, its prefix left out. */
  metric(name: string): Promise<number>
  /** What it logged as an error: faults of its own, never those of its surroundings. */
  faults(): readonly string[]
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code when the process is gone. */
  terminate(): Promise<number | null>
}

export interface SendOptions {
  /** Parts of a form: text, or bytes of an image. */
  readonly form?: Readonly<Record<string, string | Uint8Array>>
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The `serve` processes of a test. */
export interface ServeNodes {
  /** Resolves when it listens. @param data where a node was before; its own otherwise */
  start(env?: Record<string, string>, data?: TestDataDir): Promise<ServeNode>
  /** Kills those that run and removes their data. */
  end(): Promise<void>
}

/** Creates an empty set of nodes. */
export function createServeNodes(): ServeNodes {
  const nodes: ServeNode[] = []
  return {
    async start(env = {}, data = undefined) {
      const node = await startServeNode(env, data ?? (await createTestDataDir()))
      nodes.push(node)
      return node
    },
    async end() {
      await Promise.all(nodes.map((node) => node.kill()))
      for (const { data } of nodes) data.remove()
    },
  }
}

async function startServeNode(env: Record<string, string>, data: TestDataDir): Promise<ServeNode> {
  const cli = startCli(['serve', '--port', env.FACE_WATCHER_HTTP_PORT ?? '0'], {
    env: {
      FACE_WATCHER_ANALYZER_WORKERS: '1',
      FACE_WATCHER_DATA_DIR: data.path,
      FACE_WATCHER_LOG_FORMAT: 'json',
      ...env,
    },
  })
  let log = ''
  for (const stream of [cli.child.stdout, cli.child.stderr]) {
    stream?.on('data', (text: string) => {
      log += text
    })
  }
  const [, url] = /is at (\S+)/.exec(await cli.waitFor(/is at \S+\n/)) as unknown as [
    string,
    string,
  ]

  const send: ServeNode['send'] = (method, path, options) =>
    sendRequest(url, method, { path, ...options })
  return {
    url,
    data,
    send,
    async metric(name) {
      const { json } = await send('GET', '/metrics')
      const [, value] = new RegExp(`^face_watcher_${name} (\\S+)$`, 'm').exec(json) ?? []
      return Number(value)
    },
    faults: () => log.split('\n').filter((line) => /^\{"level":(50|60)/.test(line)),
    async kill() {
      cli.child.kill('SIGKILL')
      await cli.done
    },
    async terminate() {
      cli.child.kill('SIGTERM')
      return (await cli.done).code
    },
  }
}

/** Sends a request to a server at `url`. Rejects when there is no answer. */
export async function sendRequest(
  url: string,
  method: string,
  { path, form, json, headers }: SendOptions & { readonly path: string },
): Promise<Answer> {
  const body = form ? toForm(form) : json === undefined ? undefined : JSON.stringify(json)
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const parsed = isJson ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, json: parsed }
}

function toForm(parts: Readonly<Record<string, string | Uint8Array>>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new Blob([Uint8Array.from(value)], { type: 'image/jpeg' }), 'image.jpg')
  }
  return form
}
