import { createHash } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { Config, PartialConfig } from '../../config/config.ts'
import type { HttpOptions } from '../../http/options.ts'
import { setUpAllocator, trimWhenIdle } from '../allocator.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Output } from '../output.ts'

interface Options {
  readonly host?: string
  readonly port?: number
  readonly insecure?: boolean
}

const flagNames = {
  'http.host': '--host',
  'http.port': '--port',
  'http.insecure': '--insecure',
}

/** `serve`. */
export function addServe(program: Command, { output, loadConfig }: CliContext): void {
  program
    .command('serve')
    .description('serve the web page and the HTTP API; installs models on first start')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 picks a free one (default: 8000)', parsePort)
    .option('--insecure', 'listen beyond this machine without an API key')
    .action(async (options: Options) => {
      const loaded = await loadConfig(toPartialConfig(options), flagNames)
      const { config, ignored } = loaded
      const http = toHttpOptions(config)
      // Here too, before models are fetched: a refusal should not come minutes later.
      const [{ resolveHttpOptions }, { assertSafeBind, needsStoredKey }] = await Promise.all([
        import('../../http/options.ts'),
        import('../../http/plugins/safe-bind.ts'),
      ])
      const asked = resolveHttpOptions(http)
      const asksAnyway = config.access.oidc.issuer !== '' || config.access.jwt.issuer !== ''
      const hasKeys = asksAnyway || (needsStoredKey(asked) && (await hasStoredKeys(config)))
      assertSafeBind({ ...asked, hasKeys, canSetUp: true })
      const allocator = await setUpAllocator()
      await trimWhenIdle()
      const [
        { composeFaceWatcher, webRoot },
        { startServer },
        { createLogger },
        { createModelProgress },
        { listDisplayedKeys },
      ] = await Promise.all([
        import('../../compose/compose.ts'),
        import('../../http/server.ts'),
        import('../logger.ts'),
        import('../model-progress.ts'),
        import('../../config/display.ts'),
      ])
      const logger = await createLogger(config.log)
      logger.debug({ allocator }, 'allocator set up')
      if (ignored.length > 0) {
        logger.info({ variables: ignored }, 'ignored what Kubernetes sets for a Service')
      }
      const progress = createModelProgress(output)
      const opened = await composeFaceWatcher(config, {
        takesImages: true,
        onProgress: progress.update,
        signal: progress.signal,
        logger,
      }).finally(progress.stop)
      try {
        // Before listening: who can connect is answered without waiting for networks to load.
        await opened.analyzer.warmUp(config.models.embedder)
        const server = await startServer(
          { ...opened, configuration: () => listDisplayedKeys(loaded) },
          {
            ...http,
            webRoot: webRoot(),
            logger,
            onSetUpKey: (key) => noteSetUpKey(output, key),
          },
        )
        output.note(`Face Watcher is at ${server.url}`)
        output.note(`Data: ${config.dataDir}. Ctrl-C stops.`)
        await stopSignal((signal) => {
          output.note(`${signal}: finishing what is in work; once more stops at once.`)
        })
        await server.close()
      } finally {
        await opened.close()
      }
      output.note('Stopped.')
    })
}

/** Not by the logger: what it writes is collected and kept, while this is for who started the server. */
function noteSetUpKey(output: Output, key: string): void {
  output.note('There is no API key, and other machines can reach this address: all is refused.')
  output.note('This set-up key makes the first API key, once, within 30 minutes:')
  output.note('')
  output.note(`  ${key}`)
  output.note('')
  output.note('Sign in with it on the page (System, API keys), or send it to POST /v1/keys.')
  output.note('On this machine "face-watcher keys create NAME --scope admin" does the same.')
}

/** Of the database; looked at only where nothing else lets the server listen. */
async function hasStoredKeys(config: Config): Promise<boolean> {
  const { withKeys } = await import('../../compose/storage.ts')
  return withKeys(config, (keys) => keys.areRequired())
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('It must be an integer from 0 to 65535.')
}

function toPartialConfig({ host, port, insecure }: Options): PartialConfig {
  return {
    http: {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(insecure === undefined ? {} : { insecure }),
    },
  }
}

/** The HTTP options of a configuration; keys become hashes. */
export function toHttpOptions(config: Config): HttpOptions {
  const { http, limits } = config
  const { apiKey, rateLimitPerMinute } = http
  const hashes = http.apiKeys.map((line) => line.slice('sha256:'.length))
  if (apiKey !== '') hashes.push(createHash('sha256').update(apiKey).digest('hex'))
  return {
    ...{ host: http.host, port: http.port, insecure: http.insecure },
    ...{ apiKeys: hashes, allowedHosts: http.allowedHosts, trustProxy: http.trustProxy },
    ...(http.tls.certFile === '' ? {} : { tls: http.tls }),
    ...{ allowedOrigins: http.allowedOrigins, frameAncestors: http.frameAncestors },
    publicDocs: http.publicDocs,
    ...{ maxImageBytes: limits.maxImageBytes, maxImages: http.maxImages },
    maxArchiveBytes: http.maxArchiveBytes,
    ...{ maxRequestBytes: http.maxRequestBytes, requestTimeoutMs: http.requestTimeoutMs },
    ...{ maxConnections: http.maxConnections, maxHeldUploadBytes: http.maxHeldUploadBytes },
    writeTimeoutMs: http.writeTimeoutMs,
    ...{ shutdownTimeoutMs: http.shutdownTimeoutMs, drainDelayMs: http.drainDelayMs },
    ...(rateLimitPerMinute === 'off'
      ? {}
      : { rateLimit: { max: rateLimitPerMinute, timeWindowMs: 60_000 } }),
  }
}

/** Resolves at the first SIGINT or SIGTERM; the next one ends the process at once. */
async function stopSignal(onStop: (signal: NodeJS.Signals) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
    let stopping = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (stopping) process.exit(exitCodes.interrupted)
        stopping = true
        onStop(signal)
        resolve()
      })
    }
  })
}
