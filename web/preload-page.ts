import type { Plugin } from 'vite'

/** What a bundler knows of a module. */
interface Module {
  /** Ids of modules that import it before they run. */
  readonly importers: readonly string[]
}

/** The small module that runs first, and the page, which it loads. */
const boot = /\/app\/boot\.ts$/
const page = /\/app\/main\.tsx$/

/**
 * Names the chunk of the page: all that it needs before it runs, also what screens use. The bundler would
 * make a file of each part that different screens share with it.
 *
 * @returns null for a module that is left to the bundler
 */
export function namePageChunk(id: string, find: (id: string) => Module | null): string | null {
  const users = findUsers(id, find)
  return users.some((user) => page.test(user)) && !users.some((user) => boot.test(user))
    ? 'page'
    : null
}

/** The module itself, and those that bring it along. */
function findUsers(id: string, find: (id: string) => Module | null): readonly string[] {
  const users = new Set([id])
  for (const user of users) for (const importer of find(user)?.importers ?? []) users.add(importer)
  return [...users]
}

/** Lets the document name the page's own code, so that it is fetched beside the module that asks for it. */
export function preloadPage(): Plugin {
  return {
    name: 'preload-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
        const found = chunks.find(({ moduleIds }) => moduleIds.some((id) => page.test(id)))
        if (found === undefined) throw new Error('The page has no chunk of its own.')
        return [found.fileName, ...found.imports].map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          injectTo: 'head' as const,
        }))
      },
    },
  }
}
