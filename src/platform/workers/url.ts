/**
 * The compiled worker file beside the module `base`.
 *
 * Worker threads load JavaScript. Compiled code finds its worker in its own folder; TypeScript sources
 * (the tests) find it in `dist/`, which the test command builds first.
 *
 * @param base  `import.meta.url` of the calling module
 * @param file  relative path of the worker, ending in `.js`
 */
export function workerUrl(base: string, file: string): URL {
  const url = new URL(file, base)
  if (base.endsWith('.ts')) url.pathname = url.pathname.replace(/\/src\/(?!.*\/src\/)/, '/dist/')
  return url
}
