import { type Catalogue, type Language, loadStartTexts, loadTexts } from '../shared/text/texts.ts'

/** The sentences of the page in the language in use. */
export interface TextStore {
  readonly texts: () => Catalogue
  /** Resolves when there is what the frame and the start page say; nothing is shown before. */
  readonly begin: () => Promise<void>
  /** Calls back at every change, until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void
  /** Resolves when there is more than the start page needs; the same promise until it has failed. */
  readonly complete: () => Promise<void>
  /** Another language, all of it. */
  readonly change: (language: Language) => Promise<void>
}

export function createTextStore(language: Language): TextStore {
  const listeners = new Set<() => void>()
  let texts: Catalogue | undefined
  let completing: Promise<void> | undefined

  async function load(wanted: Language): Promise<void> {
    texts = await loadTexts(wanted)
    for (const listener of listeners) listener()
  }

  return {
    texts() {
      if (texts === undefined) throw new Error('The page says something before it has a text.')
      return texts
    },
    async begin() {
      const start = await loadStartTexts(language)
      // All of them may have come before.
      texts ??= start
    },
    subscribe(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    complete() {
      completing ??= load(language).catch((error: unknown) => {
        completing = undefined
        throw error
      })
      return completing
    },
    async change(wanted) {
      // What was begun must not come after it.
      await completing?.catch(() => undefined)
      await load(wanted)
      completing = Promise.resolve()
    },
  }
}
