/** What a bundler knows of a module. */
interface Module {
  readonly isEntry: boolean
  /** Ids of modules that import it before they run. */
  readonly importers: readonly string[]
  /** Ids of modules that load it when they want it. */
  readonly dynamicImporters: readonly string[]
}

const startScreen = /\/identify-view\.tsx$/
const screen = /-view\.tsx$/
/** Loaded on their own, with what needs them. */
const large = /\/node_modules\/(?:react-aria|react-aria-components|react-stately)\//

/**
 * Names the one chunk of what several screens have in common, which the start page does not load.
 * Without it, each of some thirty small modules is a file, and a screen waits for twenty of them:
 * browsers load six at a time from a server without HTTP/2, and each costs the way there and back.
 *
 * @returns undefined for a module that is left to the bundler
 */
export function nameScreenChunk(
  id: string,
  getModule: (id: string) => Module | null,
): string | undefined {
  if (large.test(id)) return undefined
  const loaders = findLoaders(id, getModule)
  const isForStart = [...loaders].some((loader) => {
    return startScreen.test(loader) || getModule(loader)?.isEntry === true
  })
  if (isForStart || loaders.has(id)) return undefined
  const screens = [...loaders].filter((loader) => screen.test(loader))
  return screens.length > 1 ? 'screens' : undefined
}

/** The modules that are loaded by themselves and bring this one along. */
function findLoaders(id: string, getModule: (id: string) => Module | null): Set<string> {
  const loaders = new Set<string>()
  const seen = new Set([id])
  const waiting = [id]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const module = getModule(next)
    if (module === null) continue
    if (module.isEntry || module.dynamicImporters.length > 0) loaders.add(next)
    for (const importer of module.importers) {
      if (seen.has(importer)) continue
      seen.add(importer)
      waiting.push(importer)
    }
  }
  return loaders
}
