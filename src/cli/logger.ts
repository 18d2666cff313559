import { type Logger, pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from '../config/config.ts'

/**
 * The server's log, on stdout: JSON lines, or text for people on a terminal. Written at once
 * instead of through a thread, so that the last lines before an end are not lost.
 */
export async function createLogger(config: LogConfig): Promise<Logger> {
  const { level, format } = config
  const asText = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true)
  const options = { level, timestamp: stdTimeFunctions.isoTime, base: null }
  if (!asText) return pino(options)
  const { default: pretty } = await import('pino-pretty')
  return pino(
    options,
    pretty({
      sync: true,
      colorize: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss',
    }),
  )
}
