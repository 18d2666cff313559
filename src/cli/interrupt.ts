import { exitCodes } from './exit-codes.ts'
import type { Output } from './output.ts'

/** Ctrl-C of a long command. */
export interface Interrupt {
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  /** Gives the signals back to the process. */
  readonly release: () => void
}

/**
 * The first SIGINT or SIGTERM asks the command to finish what is in flight; the second ends the
 * process at once.
 */
export function createInterrupt(output: Output, message: string): Interrupt {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    output.note(`\n${message}`)
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
