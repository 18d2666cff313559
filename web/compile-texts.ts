import compile from 'icu-minify/compile'
import { type Plugin, runnerImport } from 'vite'

const catalogue = /\/shared\/text\/(?:en|de)-(start|screens)\.ts$/

type Texts = { readonly [key: string]: string | Texts }

/**
 * Compiles the texts when the page is built, so that it does not carry the parser of ICU messages
 * (9 KB): each catalogue becomes JSON, and use-intl takes its formatter for compiled messages.
 */
export function compileTexts(): Plugin {
  return {
    name: 'compile-texts',
    enforce: 'pre',
    config: () => ({
      resolve: { alias: { 'use-intl/format-message': 'use-intl/format-message/format-only' } },
    }),
    async load(id) {
      const part = catalogue.exec(id)?.[1]
      if (part === undefined) return undefined
      const { module, dependencies } = await runnerImport<Record<string, Texts>>(id)
      for (const file of dependencies) this.addWatchFile(file)
      const compiled = compileAll(module[part] ?? {})
      return `export const ${part} = JSON.parse(${JSON.stringify(JSON.stringify(compiled))})`
    },
  }
}

function compileAll(texts: Texts): unknown {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key,
      typeof text === 'string' ? compile(text) : compileAll(text),
    ]),
  )
}
