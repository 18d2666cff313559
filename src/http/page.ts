import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadStaticFiles, sendStaticFile } from './static-files.ts'
import type { App } from './types.ts'

const notBuilt = `Face Watcher is running, but its web page is not built.

Build it with: npm run build:web
The HTTP API is described at /docs
`

/** The page asks for a key itself. */
const publicRoute = { schema: { hide: true }, config: { scope: 'public' } } as const

/** Serves the built page at `/`, or says in plain text how to build it. */
export async function registerPage(app: App, webRoot: string | undefined): Promise<void> {
  if (webRoot === undefined || !existsSync(join(webRoot, 'index.html'))) {
    app.get('/', publicRoute, async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(notBuilt),
    )
    return
  }
  // One route a file: an unknown address stays a 404 problem document.
  for (const [path, file] of await loadStaticFiles(webRoot)) {
    // The build puts a hash of the content into the names of what it writes to assets/.
    const isHashed = path.startsWith('assets/')
    const cacheControl = isHashed ? 'public, max-age=31536000, immutable' : 'no-cache'
    for (const url of path === 'index.html' ? ['/', '/index.html'] : [`/${encodeURI(path)}`]) {
      app.get(url, publicRoute, async (request, reply) =>
        sendStaticFile(request, reply, { file, cacheControl }),
      )
    }
  }
}
