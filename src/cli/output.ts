import stringWidth from 'string-width'
import { exitCodes } from './exit-codes.ts'

/**
 * Where the command line writes: results to stdout, everything else to stderr. Nothing that is
 * written steers a terminal, whatever names, paths and messages are in it.
 */
export interface Output {
  /** A line of the result; colours are left out unless it goes to a terminal that has them. */
  print(line: Line): void
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

/** Colours of a terminal, by their number. */
const colorCodes = { green: 32, yellow: 33, red: 31, grey: 90 } as const

export type Color = keyof typeof colorCodes

/** A line, or its parts, of which some have a colour. */
export type Line = string | readonly (string | { readonly text: string; readonly color: Color })[]

/** Whether a stream shows colours: a terminal that has them, and `NO_COLOR` is not set. */
function showsColors(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors()
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
  const colored = showsColors(stdout)
  const toText = (line: Line): string => {
    if (typeof line === 'string') return toHarmless(line)
    const parts = line.map((part) => {
      if (typeof part === 'string') return toHarmless(part)
      const text = toHarmless(part.text)
      return colored ? `\u001B[${colorCodes[part.color]}m${text}\u001B[39m` : text
    })
    return parts.join('')
  }
  const print = (line: Line) => {
    stdout.write(`${toText(line)}\n`)
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
    rows.reduce(
      (widest, row) => Math.max(widest, stringWidth(toPrintable(row[column] ?? ''))),
      stringWidth(toPrintable(header)),
    ),
  )
  const toLine = (cells: readonly string[]) =>
    widths
      .map((width, column) => padTo(width, toPrintable(cells[column] ?? '')))
      .join('  ')
      .trimEnd()
  return [toLine(headers), toLine(widths.map((width) => '-'.repeat(width))), ...rows.map(toLine)]
}

/** @param width  columns of a terminal: a Chinese character takes two, a joiner none */
function padTo(width: number, text: string): string {
  return text + ' '.repeat(width - stringWidth(text))
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

/** The nearest whole number; `-` when there is none. */
export function formatWhole(value: number | undefined): string {
  return value?.toFixed(0) ?? '-'
}

/** `1 image`, `2 images`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
