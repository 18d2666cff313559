import { isFaceError } from '../../src/core/errors.ts'
import { defaultMemoryBytes, type FuzzTarget, type InputKind, MustRefuse } from './target.ts'

export type FaultKind =
  | 'error'
  | 'accepted'
  | 'memory'
  | 'slow'
  | 'pollution'
  | 'escaped'
  | 'hang'
  | 'crash'

export interface Fault {
  readonly kind: FaultKind
  /** Tells faults apart. */
  readonly message: string
}

/** Processor time of one input, milliseconds: a hundred times what the slowest intact one takes. */
const slowMs = 5000

const prototypes: readonly object[] = [
  ...[Object.prototype, Array.prototype, Function.prototype, String.prototype],
  Uint8Array.prototype,
]
const countKeys = (): number =>
  prototypes.reduce((sum, prototype) => sum + Reflect.ownKeys(prototype).length, 0)
const intactKeys = countKeys()

export interface Attempt {
  readonly fault?: Fault
  /** Where in the program it ended; inputs that end in the same place have the same. */
  readonly path: string
}

/** Lets a parser read one input, and looks at how it did. */
export async function attempt(
  target: FuzzTarget,
  input: Uint8Array,
  kind: InputKind,
): Promise<Attempt> {
  const before = process.resourceUsage()
  let error: unknown
  try {
    await target.read(Uint8Array.from(input), kind)
  } catch (thrown) {
    error = thrown ?? new Error('Nothing was thrown.')
  }
  const fault =
    toLimitFault(target, before) ?? (error === undefined ? undefined : toFault(target, error))
  return { path: toPath(error), ...(fault === undefined ? {} : { fault }) }
}

/** What was wrong besides the answer. */
function toLimitFault(target: FuzzTarget, before: NodeJS.ResourceUsage): Fault | undefined {
  const after = process.resourceUsage()
  const usedMs = (after.userCPUTime - before.userCPUTime) / 1000
  const takenBytes = (after.maxRSS - before.maxRSS) * 1024
  if (countKeys() !== intactKeys) {
    return { kind: 'pollution', message: `A prototype has ${removeAdded()}.` }
  }
  if (takenBytes > (target.memoryBytes ?? defaultMemoryBytes)) {
    return { kind: 'memory', message: 'It took more memory than allowed.' }
  }
  return usedMs > slowMs ? { kind: 'slow', message: 'It took too long.' } : undefined
}

function toFault(target: FuzzTarget, error: unknown): Fault | undefined {
  if (error instanceof MustRefuse) return { kind: 'accepted', message: error.message }
  if (isFaceError(error) && target.refusals.includes(error.code)) return undefined
  if (!(error instanceof Error)) return { kind: 'error', message: String(error) }
  const [, place = ''] = /^\s+at (.*)$/m.exec(error.stack ?? '') ?? []
  return { kind: 'error', message: `${error.name}: ${error.message.slice(0, 200)} at ${place}` }
}

/** Takes away what was added to a prototype, and says what it was. */
function removeAdded(): string {
  const names: string[] = []
  for (const key of Reflect.ownKeys(Object.prototype)) {
    const { enumerable, configurable } =
      Object.getOwnPropertyDescriptor(Object.prototype, key) ?? {}
    if (!enumerable || !configurable) continue
    names.push(String(key))
    Reflect.deleteProperty(Object.prototype, key)
  }
  return names.join(', ') || 'a property more'
}

/** Positions in the program's own files from which the error and its causes come. */
function toPath(error: unknown): string {
  if (!(error instanceof Error)) return 'accepted'
  const frames = (error.stack ?? '').match(/\/src\/[^)\n]*/g) ?? []
  const code = isFaceError(error) ? error.code : error.name
  const cause = error.cause === undefined ? '' : ` < ${toPath(error.cause)}`
  const words = error.message.replace(/"[^"]*"|\d+/g, '').slice(0, 80)
  return `${code} ${words} ${frames.slice(0, 4).join(' ')}${cause}`
}
