/** Of every section: a key that is not known is refused. */
export const section = { additionalProperties: false } as const
