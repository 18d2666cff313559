/** What the process' exit says. Documented in docs/reference/cli.md. */
export const exitCodes = {
  ok: 0,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The input is wrong, or cannot be used for this. */
  input: 3,
  /** What is stored or installed does not allow it now. */
  state: 4,
  /** A fault of Face Watcher. */
  fault: 5,
  /** Ended by Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
