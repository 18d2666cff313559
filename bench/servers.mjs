// Real servers for benchmarks: those of the tests, which are TypeScript and are loaded by jiti.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createJiti } from 'jiti'

const load = (name) => createJiti(import.meta.url).import(`../test/servers/${name}.ts`)

export const { findFreePort } = await load('free-ports')

/** A replica set of one member. @param program path of mongod */
export async function startMongod(program, { cacheGb = 0.5 } = {}) {
  assertThere('mongod', program)
  endOnSignals()
  const { startReplicaSet } = await load('mongod')
  return startReplicaSet({ members: 1, program, cacheGb })
}

/** Milvus of the PyPI package `milvus`. @param program path of its starter */
export async function startMilvus(program) {
  assertThere('milvus-server', program)
  endOnSignals()
  const own = await load('milvus')
  return own.startMilvus(program)
}

function assertThere(name, path) {
  if (!path || !existsSync(path)) throw new Error(`there is no ${name} at ${path}`)
}

/** A signal would end this process without `exit`, and leave the servers behind. */
function endOnSignals() {
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1))
}

/** Waits until `check` answers true; what it throws counts as no. */
export async function until(check, { timeoutMs = 90_000, everyMs = 50 } = {}) {
  const deadline = performance.now() + timeoutMs
  let last
  for (;;) {
    try {
      if (await check()) return
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error('it took too long', { cause: last })
    await sleep(everyMs)
  }
}
