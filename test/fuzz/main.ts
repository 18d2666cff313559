import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { attempt, type Fault } from './attempt.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { type Report, runSession } from './session.ts'
import { loadTarget, targetNames } from './targets.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Where inputs of faults are kept to look at. */
const faultsDirectory = join(root, '.cache/fuzz')
/** An input that is read for so long hangs the parser: none takes a thousandth of it. */
const hangMs = 60_000
/** Loading a parser on a busy machine takes longer. */
const loadMs = 300_000
/** Kept inputs of one parser that are written into its corpus. */
const maxWritten = 24
const maxWrittenBytes = 2048

interface FoundFault extends Fault {
  readonly file: string
}

interface Outcome {
  readonly parser: string
  readonly executions: number
  readonly faults: readonly FoundFault[]
  readonly kept: readonly string[]
}

const usage = `npm run test:fuzz -- [--seconds N] [--seed N] [--parser NAME]... [--input FILE] [--keep] [--result FILE]

  --seconds N    for all parsers together, 120 by default
  --seed N       of the changes, by default another one each time
  --parser NAME  one of: ${targetNames.join(', ')}
  --input FILE   reads one input, such as one of .cache/fuzz
  --keep         adds inputs that led somewhere new to test/fuzz/corpus
  --result FILE  writes the table as JSON
`

/** What was found, for a result file. */
export interface FuzzResult {
  readonly seed: number
  readonly seconds: number
  readonly executions: number
  readonly parsers: readonly {
    readonly parser: string
    readonly executions: number
    readonly faults: number
  }[]
}

/**
 * Runs the parsers one after the other, in a process of their own.
 *
 * @param script  which is called again for each process
 * @param save    is given the table where a result file is asked for
 * @returns the exit code
 */
export async function main(
  args: readonly string[],
  script: string,
  save: (file: string, result: FuzzResult) => void,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ seconds: { type: 'string', default: '120' }, seed: { type: 'string' } },
      ...{ parser: { type: 'string', multiple: true }, input: { type: 'string' } },
      ...{ keep: { type: 'boolean' }, result: { type: 'string' }, help: { type: 'boolean' } },
      child: { type: 'string' },
    },
  })
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  const seconds = Number(values.seconds)
  if (values.child !== undefined) return runChild(values.child.split(','), { seed, seconds })
  const parsers = values.parser ?? targetNames
  const unknown = parsers.find((name) => !targetNames.includes(name))
  if (values.help || unknown !== undefined || !(seconds > 0)) {
    process.stdout.write(usage)
    return values.help ? 0 : 2
  }
  if (values.input !== undefined) return readOne(String(parsers[0]), values.input)

  process.stdout.write(`seed ${seed}\n`)
  const outcomes: Outcome[] = []
  const run = { script, seed, seconds: seconds / parsers.length }
  for (let rest = parsers; rest.length > 0; rest = parsers.slice(outcomes.length)) {
    await runProcess(rest, run, (outcome) => {
      outcomes.push(outcome)
      printOutcome(outcome)
      if (values.keep) keep(outcome)
    })
  }
  const executions = outcomes.reduce((sum, outcome) => sum + outcome.executions, 0)
  const faults = outcomes.flatMap((outcome) => outcome.faults)
  process.stdout.write(`${executions} executions, ${faults.length} faults\n`)
  if (values.result !== undefined) {
    const table = outcomes.map(({ parser, executions: own, faults: found }) => ({
      ...{ parser, executions: own, faults: found.length },
    }))
    save(values.result, { seed, seconds, executions, parsers: table })
  }
  return faults.length === 0 ? 0 : 1
}

interface Run {
  readonly seed: number
  readonly seconds: number
}

async function runChild(parsers: readonly string[], { seed, seconds }: Run): Promise<number> {
  const currentFile = String(process.env.FUZZ_CURRENT_FILE)
  for (const parser of parsers) {
    const target = await loadTarget(parser)
    const report = (own: Report) => process.send?.(own)
    await runSession(target, { seconds, seed, currentFile, report })
  }
  process.disconnect?.()
  process.exit(0)
}

/**
 * Runs the sessions of parsers in a process, until the last of them is done or one hangs or dies.
 *
 * @param onOutcome  is called for each parser that was tried, in their order; at least once
 */
function runProcess(
  parsers: readonly string[],
  { script, seed, seconds }: Run & { readonly script: string },
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'face-watcher-fuzz-'))
  const currentFile = join(directory, 'current')
  const args = ['--child', parsers.join(), '--seed', String(seed), '--seconds', String(seconds)]
  const child = fork(script, args, {
    execArgv: ['--max-old-space-size=1024'],
    env: {
      ...process.env,
      ...{ FUZZ_CURRENT_FILE: currentFile, TMPDIR: directory, ORT_DISABLE_TELEMETRY: '1' },
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.on('data', (text: Buffer) => {
    errors = `${errors}${text}`.slice(-2000)
  })
  const waiting = [...parsers]
  let faults: FoundFault[] = []
  child.on('message', (report: Report) => {
    const parser = String(waiting[0])
    if (report.kind === 'fault') {
      faults.push(saveFault(parser, report.fault, Buffer.from(report.input, 'base64')))
      return
    }
    onOutcome({ parser, faults, executions: report.executions, kept: report.kept })
    waiting.shift()
    faults = []
    writeFileSync(currentFile, '')
  })
  let isHanging = false
  let last = { number: -1, since: Date.now() }
  const timer = setInterval(() => {
    const { number } = readCurrent(currentFile)
    if (number !== last.number) last = { number, since: Date.now() }
    if (Date.now() - last.since < (number === 0 ? loadMs : hangMs)) return
    isHanging = true
    child.kill('SIGKILL')
  }, 500)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearInterval(timer)
      const { number, input } = readCurrent(currentFile)
      const [parser] = waiting
      if (parser !== undefined) {
        const how = isHanging ? '' : ` (${signal ?? code}) ${errors}`
        const message = `number ${number} of seed ${seed}${how}`
        faults.push(saveFault(parser, { kind: isHanging ? 'hang' : 'crash', message }, input))
        onOutcome({ parser, faults, executions: number, kept: [] })
      }
      rmSync(directory, { recursive: true, force: true })
      resolve()
    })
  })
}

function readCurrent(file: string): { readonly number: number; readonly input: Uint8Array } {
  try {
    const bytes = readFileSync(file)
    const [number = 0, length = 0] = new Uint32Array(Uint8Array.from(bytes.subarray(0, 8)).buffer)
    return { number, input: bytes.subarray(8, 8 + length) }
  } catch {
    return { number: 0, input: new Uint8Array() }
  }
}

function saveFault(parser: string, fault: Fault, input: Uint8Array): FoundFault {
  mkdirSync(faultsDirectory, { recursive: true })
  const number = Buffer.from(fault.message).reduce((sum, byte) => (sum * 31 + byte) % 1e6, 7)
  const file = join(faultsDirectory, `${parser}-${fault.kind}-${number}`)
  writeFileSync(file, input)
  return { ...fault, file }
}

function printOutcome({ parser, executions, faults }: Outcome): void {
  const count = executions.toLocaleString('en-US').padStart(11)
  process.stdout.write(`${parser.padEnd(20)} ${count} executions  ${faults.length} faults\n`)
  for (const { kind, message, file } of faults) {
    process.stdout.write(`    ${kind}: ${message}\n    ${file}\n`)
  }
}

/** Adds what led somewhere new to the corpus: the shortest, so that it stays small. */
function keep({ parser, kept }: Outcome): void {
  const before = readCorpus(parser)
  const known = new Set(before.map(({ bytes }) => Buffer.from(bytes).toString('base64')))
  const fresh = kept
    .filter((input) => !known.has(input))
    .map((input) => ({ why: 'new', bytes: Buffer.from(input, 'base64') }))
    .filter(({ bytes }) => bytes.length <= maxWrittenBytes)
    .sort((a, b) => a.bytes.length - b.bytes.length)
  const room = Math.max(0, maxWritten - before.length)
  writeCorpus(parser, [...before, ...fresh.slice(0, room)])
}

async function readOne(parser: string, file: string): Promise<number> {
  const target = await loadTarget(parser)
  const { fault } = await attempt(target, readFileSync(file), { isRepaired: false })
  process.stdout.write(`${fault === undefined ? 'no fault' : `${fault.kind}: ${fault.message}`}\n`)
  await target.close?.()
  process.exit(fault === undefined ? 0 : 1)
}
