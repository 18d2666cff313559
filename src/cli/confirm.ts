import { createInterface } from 'node:readline/promises'
import { exitCodes } from './exit-codes.ts'
import { type Output, toPrintable } from './output.ts'

/** The flag that answers the question before it is asked. */
export const yesHelp = 'do it without asking'

/** Where the question is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/**
 * Whether something that cannot be undone is to be done. Asks at a terminal; elsewhere only `--yes`
 * does it. Sets the exit code when it is not to be done: 2 without a terminal, 130 after a no.
 *
 * @param what  a sentence that names what would be gone
 */
export async function confirm(
  what: string,
  { yes = false }: { readonly yes?: boolean },
  output: Output,
  terminal: Terminal = { input: process.stdin, output: output.stderr },
): Promise<boolean> {
  if (yes) return true
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true) {
    output.note(`${what} It cannot be undone. Add --yes to do it.`)
    process.exitCode = exitCodes.usage
    return false
  }
  const answer = await ask(`${toPrintable(what)} It cannot be undone. Do it? [y/N] `, terminal)
  if (/^y(es)?$/i.test(answer.trim())) return true
  output.note('Nothing was changed.')
  process.exitCode = exitCodes.interrupted
  return false
}

/** @returns the line that was typed; empty at Ctrl-C and at the end of the input */
async function ask(question: string, { input, output }: Terminal): Promise<string> {
  const lines = createInterface({ input, output, terminal: true })
  try {
    return await new Promise<string>((resolve) => {
      lines.once('SIGINT', () => resolve(''))
      // The line that ended the input comes first.
      lines.once('close', () => setImmediate(resolve, ''))
      lines.question(question).then(resolve, () => resolve(''))
    })
  } finally {
    lines.close()
  }
}
