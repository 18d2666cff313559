import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { play } from './client.ts'
import { createDice } from './dice.ts'
import { createHostileImages, type HostileImages } from './images.ts'
import { drawRequest } from './requests.ts'
import {
  type Balance,
  type ServerProcess,
  startServerProcess,
  watchHealth,
} from './server-process.ts'

/*
 * Thousands of hostile requests against the built server. To repeat one that failed, set
 * FACE_WATCHER_TEST_HOSTILE_SEED to the seed that was printed, and FACE_WATCHER_TEST_HOSTILE_ONLY to
 * its number.
 */

const setting = (name: string) => process.env[`FACE_WATCHER_TEST_HOSTILE_${name}`]
const seed = Number(setting('SEED') ?? Date.now() % 1_000_000)
const only = setting('ONLY')
const requestCount = Number(setting('REQUESTS') ?? 10_000)
/** Before the first balance: code is compiled and pools are filled. */
const warmUpCount = Math.ceil(requestCount / 4)
const concurrency = 32

/** Where the table is written as JSON, with the machine and the commit. */
const resultFile = setting('RESULT')

const residentSlackBytes = 20 * 1000 * 1000
/** The aim on a machine that does nothing else. */
const healthAimMs = 250
/** How many times as long as a loop of about 100 ms `/healthz` may take: test machines are shared. */
const healthSlack = 20
/** Milliseconds in which connections time out and memory is given back. */
const settleMs = 120_000

let server: ServerProcess
let images: HostileImages
beforeAll(async () => {
  images = await createHostileImages()
  server = await startServerProcess()
})
afterAll(async () => {
  await server.stop()
})

interface Summary {
  readonly failures: string[]
  readonly statuses: Map<number, number>
  readonly kinds: Map<string, number>
}

async function playAll(numbers: readonly number[]): Promise<Summary> {
  const summary: Summary = { failures: [], statuses: new Map(), kinds: new Map() }
  const waiting = numbers.values()
  const client = async () => {
    for (const number of waiting) {
      const request = drawRequest(createDice(seed, number), images)
      const { statuses, failure } = await play(server.port, request)
      count(summary.kinds, `${request.kind} ${request.behaviour}`)
      for (const status of statuses) count(summary.statuses, status)
      const bad = statuses.filter((status) => status >= 500 && status !== 503)
      const what = failure ?? (bad.length > 0 ? `answered ${bad.join(', ')}` : undefined)
      if (what !== undefined) {
        const start = request.bytes.subarray(0, 200).toString('latin1')
        summary.failures.push(
          `number ${number} of seed ${seed} (${request.kind}, ${request.behaviour}): ${what}\n  ${JSON.stringify(start)}`,
        )
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return summary
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Waits until the process holds no more than before, and answers what it holds at last. */
async function settle(before: Balance): Promise<Balance> {
  const end = performance.now() + settleMs
  for (;;) {
    const now = server.balance()
    const isBack =
      now.descriptors <= before.descriptors &&
      now.threads <= before.threads &&
      now.residentBytes <= before.residentBytes + residentSlackBytes
    if (isBack || performance.now() > end) return now
    await sleep(500)
  }
}

/** Waits until descriptors and memory stay as they are. */
async function rest(): Promise<Balance> {
  let last = server.balance()
  for (const end = performance.now() + settleMs; performance.now() < end; ) {
    await sleep(3000)
    const now = server.balance()
    const isCalm = Math.abs(now.residentBytes - last.residentBytes) < 1024 * 1024
    if (isCalm && now.descriptors === last.descriptors) return now
    last = now
  }
  return last
}

/** Milliseconds of a loop that takes about 100 of them on one core of 2020. */
function calibrate(): number {
  const start = performance.now()
  JSON.parse(`[${'1,'.repeat(3_000_000)}1]`)
  return performance.now() - start
}

const print = (line: string) => process.stdout.write(`${line}\n`)
const list = (counts: Map<unknown, number>) =>
  [...counts]
    .sort(([a], [b]) => String(a).localeCompare(String(b)))
    .map(([key, times]) => `${key}: ${times}`)
    .join(', ')
const toMiB = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

interface Measure {
  writeResult(name: string, options: object, result: object): void
}

async function writeResult(out: string, table: object): Promise<void> {
  const module = new URL('../../bench/measure.mjs', import.meta.url)
  const measure: Measure = await import(module.href)
  const command = `FACE_WATCHER_TEST_HOSTILE_SEED=${seed} npm run test:hostile`
  measure.writeResult('hostile', { out, command }, { question: 'hostile requests', ...table })
}

it('answers or closes hostile requests and is as it was before', async () => {
  print(`seed ${seed}`)
  if (only !== undefined) {
    const { failures, statuses } = await playAll([Number(only)])
    print(`number ${only}: ${list(statuses)}`)
    expect(failures).toEqual([])
    return
  }
  const idle = server.balance()
  const warmUp = await playAll(Array.from({ length: warmUpCount }, (_, i) => requestCount + i))
  const before = await rest()
  const health = watchHealth(server.port)
  const start = performance.now()
  const summary = await playAll(Array.from({ length: requestCount }, (_, i) => i))
  const seconds = (performance.now() - start) / 1000
  const loopMs = calibrate()
  const latencies = await health.stop()
  const after = await settle(before)

  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
  const p99 = at(0.99)
  print(`${requestCount} requests in ${seconds.toFixed(0)} s, ${concurrency} at a time`)
  print(list(summary.kinds))
  print(`answers: ${list(summary.statuses)}`)
  const holds = (balance: Balance) =>
    `${balance.descriptors} descriptors, ${balance.threads} threads, ${toMiB(balance.residentBytes)}, ${balance.temporaryFiles} files`
  print(`idle: ${holds(idle)}\nbefore: ${holds(before)}\nafter: ${holds(after)}`)
  print(
    `/healthz: ${latencies.length} times, p50 ${at(0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (aim ${healthAimMs}), longest ${at(1).toFixed(1)} ms`,
  )
  const answers = [...summary.statuses].reduce((sum, [, times]) => sum + times, 0)
  const faultsOfServer = [...summary.statuses].reduce(
    (sum, [status, times]) => sum + (status >= 500 && status !== 503 ? times : 0),
    0,
  )
  const crashes = server.isRunning() ? 0 : 1
  const table = {
    ...{ seed, requests: requestCount, concurrency, seconds, answers, crashes },
    serverErrors: faultsOfServer,
    unavailable: summary.statuses.get(503) ?? 0,
    faultsInLog: server.faults().length,
    residentBytes: {
      idle: idle.residentBytes,
      before: before.residentBytes,
      after: after.residentBytes,
    },
    healthMs: { count: latencies.length, p50: at(0.5), p99, longest: at(1), loop: loopMs },
  }
  print(
    `crashes: ${crashes}, 5xx other than 503: ${faultsOfServer}, memory: ${toMiB(after.residentBytes - before.residentBytes)} more than before`,
  )
  if (resultFile !== undefined) await writeResult(resultFile, table)
  for (const failure of [...warmUp.failures, ...summary.failures].slice(0, 10)) print(failure)

  expect(server.isRunning()).toBe(true)
  expect(server.faults()).toEqual([])
  expect(warmUp.failures.length + summary.failures.length).toBe(0)
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors)
  expect(after.threads).toBeLessThanOrEqual(before.threads)
  expect(after.residentBytes - before.residentBytes).toBeLessThanOrEqual(residentSlackBytes)
  expect(p99).toBeLessThan(healthSlack * loopMs)
})
