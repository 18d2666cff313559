import { readFile } from 'node:fs/promises'

/** Compiles a kernel file once; a failure is forgotten, so that the next call tries again. */
export function createKernelLoader(file: URL): () => Promise<WebAssembly.Module> {
  let compiled: Promise<WebAssembly.Module> | undefined
  return () => {
    compiled ??= readFile(file)
      .then((bytes) => WebAssembly.compile(bytes))
      .catch((error: unknown) => {
        compiled = undefined
        throw error
      })
    return compiled
  }
}
