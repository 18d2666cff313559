import { closeSync, openSync, writeSync } from 'node:fs'
import { createRandom } from '../../src/platform/random.ts'
import { attempt, type Fault } from './attempt.ts'
import { readCorpus } from './corpus.ts'
import { mutate } from './mutator.ts'
import { defaultMaxBytes, type FuzzTarget } from './target.ts'

/** What a child says to its parent. */
export type Report =
  | { readonly kind: 'fault'; readonly fault: Fault; readonly input: string }
  | { readonly kind: 'done'; readonly executions: number; readonly kept: readonly string[] }

export interface SessionOptions {
  readonly seconds: number
  readonly seed: number
  /** The input that is being read is written to it first, behind its number and length. */
  readonly currentFile: string
  readonly report: (report: Report) => void
}

/** Most inputs that are kept because they ended where none had ended before. */
const maxKept = 400
/** Different faults of one parser that are reported. */
const maxFaults = 8

/** Lets a parser read changed inputs until the time is over. */
export async function runSession(
  target: FuzzTarget,
  { seconds, seed, currentFile, report }: SessionOptions,
): Promise<void> {
  const random = createRandom(seed)
  const current = openSync(currentFile, 'w')
  const maxBytes = target.maxBytes ?? defaultMaxBytes
  const seeds = await target.seeds()
  const committed = readCorpus(target.name).map(({ bytes }) => bytes)
  const inputs = [...seeds, ...committed]
  const kept: Uint8Array[] = []
  const faults = new Set<string>()
  const paths = new Set<string>()
  let executions = 0

  const tell = (fault: Fault, input: Uint8Array): void => {
    const name = `${fault.kind} ${fault.message.replace(/\d+/g, '#')}`
    if (faults.has(name) || faults.size >= maxFaults) return
    faults.add(name)
    report({ kind: 'fault', fault, input: Buffer.from(input).toString('base64') })
  }
  let last: Uint8Array = new Uint8Array()
  const onEscaped = (error: unknown): void => {
    const message = error instanceof Error ? String(error.stack).slice(0, 600) : String(error)
    tell({ kind: 'escaped', message }, last)
  }

  /** @returns whether it ended where none has ended before */
  const run = async (input: Uint8Array, isRepaired: boolean): Promise<boolean> => {
    executions++
    last = input
    const head = Uint32Array.of(executions, input.length)
    writeSync(current, Buffer.concat([new Uint8Array(head.buffer), input]), 0, undefined, 0)
    const { fault, path } = await attempt(target, input, { isRepaired })
    if (fault !== undefined) tell(fault, input)
    const isNew = !paths.has(path)
    paths.add(path)
    return isNew
  }

  // An intact input that is refused means that nothing is tried.
  for (const input of seeds) {
    const { fault } = await attempt({ ...target, refusals: [] }, input, { isRepaired: true })
    if (fault !== undefined) throw new Error(`${target.name} refuses a seed: ${fault.message}`)
  }
  process.on('uncaughtException', onEscaped)
  process.on('unhandledRejection', onEscaped)
  for (const input of inputs) await run(input, false)

  if (inputs.length === 0) {
    // What it needs is not built here.
    report({ kind: 'done', executions: 0, kept: [] })
    return
  }
  const draw = (): { readonly input: Uint8Array; readonly isRepaired: boolean } => {
    // Half of them from what was found here, where anything was.
    const pool = kept.length > 0 && random() < 0.5 ? kept : inputs
    const base = pool[Math.floor(random() * pool.length)] as Uint8Array
    const words = target.words ?? []
    const changed = mutate(base, { random, others: inputs, words, maxBytes })
    const isRepaired = target.repair !== undefined && random() < 0.7
    return { input: (isRepaired && target.repair?.(changed)) || changed, isRepaired }
  }
  const end = performance.now() + 1000 * seconds
  while (performance.now() < end) {
    const { input, isRepaired } = draw()
    if ((await run(input, isRepaired)) && kept.length < maxKept) kept.push(input)
  }
  await target.close?.()
  process.off('uncaughtException', onEscaped)
  process.off('unhandledRejection', onEscaped)
  closeSync(current)
  report({
    kind: 'done',
    executions,
    kept: kept.map((input) => Buffer.from(input).toString('base64')),
  })
}
