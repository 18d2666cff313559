/** The part of a pino logger that stores, indexes and the gallery use. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
