import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { App } from './types.ts'

const notBuilt = `Face Watcher is running, but its web page is not built.

Build it with: npm run build:web
The HTTP API is described at /docs
`

/** Serves the built page at `/`, or says in plain text how to build it. */
export async function registerPage(app: App, webRoot: string | undefined): Promise<void> {
  if (webRoot === undefined || !existsSync(join(webRoot, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(notBuilt),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: webRoot,
    // One route a file: an unknown address stays a 404 problem document.
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The build puts a hash of the content into the names of what it writes to assets/.
      const isHashed = /[\\/]assets[\\/]/.test(path)
      reply.setHeader(
        'cache-control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
}
