import { type Logger, pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from '../config/config.ts'
import { escapeControls, toHarmless } from './output.ts'

/**
 * The server's log, on stdout: JSON lines, or text for people on a terminal. Written at once
 * instead of through a thread, so that the last lines before an end are not lost. Names and addresses
 * in it come from clients: their control characters never reach a terminal.
 */
export async function createLogger(config: LogConfig): Promise<Logger> {
  const { level, format } = config
  const asText = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true)
  const options = { level, timestamp: stdTimeFunctions.isoTime, base: null }
  if (!asText) {
    const stdout = pino.destination({ fd: 1, sync: true })
    return pino(options, { write: (line) => stdout.write(escapeControls(line)) })
  }
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    sync: true,
    colorize: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  })
  return pino(options, { write: (line) => stream.write(toHarmlessRecord(line)) })
}

/** A record whose texts can be shown as they are; the formatter decodes the escapes of JSON. */
function toHarmlessRecord(line: string): string {
  return `${JSON.stringify(mapTexts(JSON.parse(line)))}\n`
}

function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return toHarmless(value)
  if (Array.isArray(value)) return value.map(mapTexts)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  return Object.fromEntries(members.map(([key, member]) => [toHarmless(key), mapTexts(member)]))
}
