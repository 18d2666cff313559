import { listConfigKeys } from './keys.ts'
import type { LoadedConfig } from './load.ts'

export interface DisplayedKey {
  readonly path: string
  readonly value: unknown
  readonly source: string
}

/** Every key with its value in force and its source, in the schema's order; secrets are masked. */
export function listDisplayedKeys(loaded: LoadedConfig): readonly DisplayedKey[] {
  return listConfigKeys().map(({ path, secret }) => {
    const value = readPath(loaded.config, path)
    return {
      path,
      value: secret ? maskSecret(value) : value,
      source: loaded.sources.get(path) ?? 'default',
    }
  })
}

function maskSecret(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(() => '***')
  return value === '' ? '' : '***'
}

function readPath(target: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      target,
    )
}
