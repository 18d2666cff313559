import { exitCodes } from './exit-codes.ts'

/**
 * Where the command line writes: results to stdout, everything else to stderr. Nothing that is
 * written steers a terminal, whatever names, paths and messages are in it.
 */
export interface Output {
  /** A line of the result. */
  print(text: string): void
  /** The result as JSON, indented. */
  json(value: unknown): void
  /** The result as one line of JSON. */
  jsonLine(value: unknown): void
  /** Rows under headers, columns aligned. */
  table(headers: readonly string[], rows: readonly (readonly string[])[]): void
  /** A line for people, on stderr. */
  note(text: string): void
  readonly stderr: NodeJS.WriteStream
}

/** Writes to the process' streams. */
export function createOutput(): Output {
  const { stdout, stderr } = process
  // `face-watcher persons list | head -1` closes the pipe early; that is not an error.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      if (stream === stdout) {
        stderr.write(`face-watcher: The result cannot be written (${error.code}).\n`)
      }
      process.exit(exitCodes.state)
    })
  }
  const print = (text: string) => {
    stdout.write(`${toHarmless(text)}\n`)
  }
  return {
    print,
    json: (value) => print(escapeControls(JSON.stringify(value, toPlainJson, 2))),
    jsonLine: (value) => print(escapeControls(JSON.stringify(value, toPlainJson))),
    table: (headers, rows) => {
      for (const line of formatTable(headers, rows)) print(line)
    },
    note: (text) => {
      stderr.write(`${toHarmless(text)}\n`)
    },
    stderr,
  }
}

function toPlainJson(_key: string, value: unknown): unknown {
  return value instanceof Float32Array ? Array.from(value) : value
}

/** Lines of a table; the columns are as wide as their widest cell. */
export function formatTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => toPrintable(row[column] ?? '').length)),
  )
  const toLine = (cells: readonly string[]) =>
    widths
      .map((width, column) => toPrintable(cells[column] ?? '').padEnd(width))
      .join('  ')
      .trimEnd()
  return [toLine(headers), toLine(widths.map((width) => '-'.repeat(width))), ...rows.map(toLine)]
}

/**
 * Control and formatting characters and line separators: escapes and marks of direction that change
 * what a terminal shows. Not the joiners, which Persian names and families of emoji need.
 */
const controls = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** One line without control characters: names come from clients and must not steer a terminal. */
export function toPrintable(text: string): string {
  return text.replaceAll(controls, '\u{FFFD}')
}

/** The same for text of several lines. */
export function toHarmless(text: string): string {
  return text.replaceAll(controls, (found) =>
    found === '\n' || found === '\t' ? found : '\u{FFFD}',
  )
}

/** The same JSON with what is left of control characters as `\\u` escapes; JSON escapes some itself. */
export function escapeControls(json: string): string {
  return json.replaceAll(controls, (found) => {
    if (found === '\n') return found
    const units = Array.from({ length: found.length }, (_, i) => found.charCodeAt(i))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

/** A fraction as per cent: `0.9935` is `99.35 %`. */
export function formatPercent(value: number | undefined, digits = 1): string {
  return value === undefined ? '-' : `${(value * 100).toFixed(digits)} %`
}

/** `1 image`, `2 images`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
