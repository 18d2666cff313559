// Programs that are compared run in processes of their own and are asked over a pipe, one JSON line
// a question and one an answer. The first line that a program says is about itself.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * @param needs files without which the program cannot start
 * @returns {Promise<{id, about, ask, stop} | {id, missing}>} `missing` tells why it cannot start
 */
export async function startPeer({ id, command, needs = [], env = {} }) {
  const lacking = needs.find((file) => !existsSync(file))
  if (lacking) return { id, missing: `${lacking} is not there` }
  const child = spawn(command[0], command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const ended = new Promise((done) => {
    child.once('close', done)
    child.once('error', (error) => {
      errors += error.message
      done()
    })
  })
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  // A program that is gone is told by the end of its answers.
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (!done) return JSON.parse(value)
    await ended
    throw new Error(errors.trim().split('\n').at(-1) || `${id} ended`)
  }
  try {
    const about = await next()
    return {
      id,
      about,
      ask(question) {
        child.stdin.write(`${JSON.stringify(question)}\n`)
        return next()
      },
      async stop() {
        child.stdin.end()
        await ended
      },
    }
  } catch (error) {
    child.kill()
    return { id, missing: error.message }
  }
}

/** Starts them one after another; what cannot start is told. */
export async function startPeers(contestants) {
  const started = []
  for (const contestant of contestants) started.push(await startPeer(contestant))
  for (const { id, missing } of started) if (missing) console.error(`${id} is left out: ${missing}`)
  return {
    peers: started.filter(({ missing }) => missing === undefined),
    programs: Object.fromEntries(
      started.map(({ id, about, missing }) => [id, missing === undefined ? about : { missing }]),
    ),
    stop: () => Promise.all(started.map((peer) => peer.stop?.())),
  }
}
