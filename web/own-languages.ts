import type { Plugin } from 'vite'

const file = /\/([a-z]{2})-[A-Z]{2}(?:\.\w+)?$/
const from = /\/node_modules\/(?:react-aria|react-aria-components|react-stately)\//

/** Stands for the texts of a language that the page does not speak. */
const nothing = '\0no-texts'

/**
 * Leaves out React Aria's own texts in languages that the page is not written in; it has 34.
 *
 * @param languages  as in `de`
 * @source what React Aria's plugin for bundlers does, which brings a framework for plugins with it
 */
export function ownLanguages(languages: readonly string[]): Plugin {
  return {
    name: 'own-languages',
    enforce: 'pre',
    apply: 'build',
    resolveId(id, importer) {
      const language = file.exec(id)?.[1]
      if (language === undefined || languages.includes(language)) return undefined
      return importer !== undefined && from.test(importer) ? nothing : undefined
    },
    load: (id) => (id === nothing ? 'export default {}' : undefined),
  }
}
