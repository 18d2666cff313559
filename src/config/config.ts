import type { Static } from 'typebox'
import type { configSchema } from './schema.ts'

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T

/** The configuration that everything after the start works with: complete and checked. The schema describes each key. */
export type Config = ReadonlyDeep<Static<typeof configSchema>>

/** Any part of a {@link Config}. */
export type PartialConfig = PartialSection<Config>

type PartialSection<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] | string | number | boolean
    ? T[K]
    : T[K] extends object
      ? PartialSection<T[K]>
      : T[K]
}

export type LogConfig = Config['log']
