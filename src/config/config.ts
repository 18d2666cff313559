import type { Static } from 'typebox'
import type { configSchema } from './schema.ts'

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T

/** The configuration that everything after the start works with: complete and checked. The schema describes each key. */
export type Config = ReadonlyDeep<Static<typeof configSchema>>

/** Any part of a {@link Config}. */
export type PartialConfig = {
  readonly [Section in keyof Config]?: Config[Section] extends object
    ? Partial<Config[Section]>
    : Config[Section]
}

export type LogConfig = Config['log']
