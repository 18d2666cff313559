import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostileRequest } from './requests.ts'

export interface Outcome {
  readonly statuses: readonly number[]
  /** Undefined when the server answered or closed within the limit. */
  readonly failure: string | undefined
}

/** Milliseconds after which a client that has sent a request must have its answer, or its end. */
const answerLimitMs = 60_000

/** Milliseconds that a slow client does nothing. */
const pauseMs = 200

/** Plays one client against the server on `port` of this machine. */
export async function play(port: number, request: HostileRequest): Promise<Outcome> {
  const { bytes, behaviour } = request
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const received: Buffer[] = []
  let isRefused = false
  socket.on('error', (error) => {
    isRefused ||= (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const ended = new Promise<void>((resolve) => socket.once('end', () => resolve()))
  const read = () => socket.on('data', (chunk) => received.push(chunk))
  const half = bytes.subarray(0, Math.ceil(bytes.length / 2))
  const end = Promise.race([closed, ended])
  const pause = () => Promise.race([sleep(pauseMs), closed])

  let isGone = false
  if (behaviour === 'read') read().write(bytes)
  else if (behaviour === 'halfClose') read().end(bytes)
  else if (behaviour === 'halfBody') read().end(half)
  else if (behaviour === 'slowBody') {
    read().write(half)
    await pause()
    socket.write(bytes.subarray(half.length))
  } else if (behaviour === 'abort') {
    socket.write(half)
    await pause()
    isGone = true
  } else {
    socket.pause().write(bytes)
    await pause()
    if (behaviour === 'lateRead') read().resume()
    else isGone = true
  }
  const limit = new AbortController()
  const isInTime = isGone
    ? true
    : await Promise.race([
        end.then(() => true),
        sleep(answerLimitMs, false, { signal: limit.signal }).catch(() => false),
      ])
  limit.abort()
  socket.destroy()
  const text = Buffer.concat(received).toString('latin1')
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map((match) => Number(match[1]))
  const failure = isRefused
    ? 'the connection was refused'
    : isInTime
      ? undefined
      : `no answer and no end within ${answerLimitMs} ms`
  return { statuses, failure }
}
