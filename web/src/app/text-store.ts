import { type Catalogue, type Language, loadTexts } from '../shared/text/texts.ts'

/** The sentences of the page in the language in use. */
export interface TextStore {
  readonly texts: () => Catalogue
  /** Calls back at every change, until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void
  /** Resolves when there is more than the start page needs; the same promise until it has failed. */
  readonly complete: () => Promise<void>
  /** Another language, all of it. */
  readonly change: (language: Language) => Promise<void>
}

/** @param start  what the frame and the start page say in this language */
export function createTextStore(language: Language, start: Catalogue): TextStore {
  const listeners = new Set<() => void>()
  let texts = start
  let completing: Promise<void> | undefined

  async function load(wanted: Language): Promise<void> {
    texts = await loadTexts(wanted)
    for (const listener of listeners) listener()
  }

  return {
    texts: () => texts,
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
