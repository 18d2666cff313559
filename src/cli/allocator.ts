/** What became of the allocator's settings; `unavailable`: another C library than glibc. */
export type AllocatorState = 'set' | 'asGiven' | 'unavailable'

const libraryName = 'libc'
/** glibc's numbers of its settings (malloc.h), the variables that give them, and the values. */
const settings = [
  { parameter: -8, variable: 'MALLOC_ARENA_MAX', value: 2 },
  { parameter: -3, variable: 'MALLOC_MMAP_THRESHOLD_', value: 4 * 1024 * 1024 },
]

/**
 * Makes glibc give back what large images took, for the whole process. By default blocks of
 * megabytes come to lie among small ones that stay, in an arena for each of many threads:
 * docs/decisions/0016-memory-of-images.md. To be called before threads are started.
 *
 * What the environment sets stays as it is. Without glibc (Windows, macOS, musl) nothing is done.
 * Never fails.
 */
export async function setUpAllocator(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<AllocatorState> {
  if (process.platform !== 'linux') return 'unavailable'
  if (environment.GLIBC_TUNABLES?.includes('glibc.malloc.') === true) return 'asGiven'
  const open = settings.filter(({ variable }) => environment[variable] === undefined)
  if (open.length === 0) return 'asGiven'
  try {
    const ffi = await import('ffi-rs')
    ffi.open({ library: libraryName, path: 'libc.so.6' })
    try {
      for (const { parameter, value } of open) {
        ffi.load({
          library: libraryName,
          funcName: 'mallopt',
          retType: ffi.DataType.I32,
          paramsType: [ffi.DataType.I32, ffi.DataType.I32],
          paramsValue: [parameter, value],
        })
      }
    } finally {
      ffi.close(libraryName)
    }
    return 'set'
  } catch {
    return 'unavailable'
  }
}
