import { availableParallelism } from 'node:os'

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
    const library = await openLibrary()
    for (const { parameter, value } of open) library.mallopt(parameter, value)
    return 'set'
  } catch {
    return 'unavailable'
  }
}

/** How often it is looked whether there is something to give back, milliseconds. */
const lookEveryMs = 1000
/** Share of one core below which the process counts as idle. */
const idleShare = 0.05
/**
 * Growth since the last time, bytes for each core, from which on it is done: more than the workers
 * ask for again for photographs of usual size.
 */
const worthwhileBytesPerCore = 48 * 1024 * 1024

/**
 * Gives free memory between blocks that stay back to the system, when the process has grown much and
 * has been idle for a second: the trip takes 4 to 11 milliseconds, and what is needed again is then
 * asked for again. So it is done after the start and after large images, not between one photograph
 * and the next. For a process that lives for long.
 *
 * Without glibc nothing is done. Never fails, and does not keep the process from ending.
 */
export async function trimWhenIdle(): Promise<void> {
  if (process.platform !== 'linux') return
  const library = await openLibrary().catch(() => undefined)
  if (library === undefined) return
  const worthwhileBytes = worthwhileBytesPerCore * availableParallelism()
  let since = process.cpuUsage()
  let trimmedBytes = 0
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(since)
    since = process.cpuUsage()
    if (user + system > idleShare * lookEveryMs * 1000) return
    if (process.memoryUsage.rss() < trimmedBytes + worthwhileBytes) return
    try {
      library.trim()
    } catch {
      // Another C library under the name of glibc.
      clearInterval(timer)
    }
    trimmedBytes = process.memoryUsage.rss()
  }, lookEveryMs)
  timer.unref()
}

interface Allocator {
  /** Changes a setting (malloc.h). */
  mallopt(parameter: number, value: number): void
  /** Gives back all free memory. */
  trim(): void
}

let opened: Promise<Allocator> | undefined

/** Rejects where there is no glibc. */
function openLibrary(): Promise<Allocator> {
  opened ??= loadLibrary()
  return opened
}

async function loadLibrary(): Promise<Allocator> {
  const { DataType, load, open } = await import('ffi-rs')
  open({ library: libraryName, path: 'libc.so.6' })
  const call = (
    funcName: string,
    type: typeof DataType.I32 | typeof DataType.I64,
    values: number[],
  ) =>
    load({
      ...{ library: libraryName, funcName, retType: DataType.I32 },
      ...{ paramsType: values.map(() => type), paramsValue: values },
    })
  return {
    mallopt: (parameter, value) => void call('mallopt', DataType.I32, [parameter, value]),
    trim: () => void call('malloc_trim', DataType.I64, [0]),
  }
}
