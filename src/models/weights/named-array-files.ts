import { readFile } from 'node:fs/promises'
import { unzipSync } from 'fflate'
import type { Group } from 'h5wasm/node'
import { FaceError } from '../../core/errors.ts'
import type { NamedArray, NamedArrays } from './named-array.ts'
import { parseNpy } from './npy.ts'

/** More than any face network has; keeps a hostile archive from filling the memory. */
const MAX_UNPACKED_BYTES = 1 << 30

/**
 * Reads an `.npz` of Keras-style named arrays.
 *
 * @returns row-major float32 arrays by name without `.npy`
 * @throws {FaceError} `modelImportFailed` when it is not a zip of float arrays, or unpacks to more than 1 GiB
 */
export function parseNpz(bytes: Uint8Array): NamedArrays {
  let total = 0
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        total += originalSize
        return name.endsWith('.npy') && total <= MAX_UNPACKED_BYTES
      },
    })
  } catch (cause) {
    throw new FaceError('modelImportFailed', { detail: 'It is not a readable .npz file.', cause })
  }
  const names = Object.keys(entries)
  if (names.length === 0 || total > MAX_UNPACKED_BYTES) {
    throw new FaceError('modelImportFailed', {
      detail: names.length ? 'It unpacks to more than 1 GiB.' : 'It is a zip without .npy arrays.',
    })
  }
  return new Map(
    names.map((entry) => {
      const name = entry.slice(0, -'.npy'.length)
      return [name, parseNpy(name, entries[entry]!)]
    }),
  )
}

/** Calls `visit` with every data set below `group` and the last part of its path. */
function walk(group: Group, visit: (name: string, shape: number[], value: unknown) => void): void {
  for (const key of group.keys()) {
    const child = group.get(key)
    if (!child || !('type' in child)) continue
    if (child.type === 'Group') walk(child as Group, visit)
    else if ('shape' in child && 'value' in child) visit(key, child.shape ?? [], child.value)
  }
}

/**
 * Reads the weights of a Keras HDF5 file (a whole model, or weights only).
 *
 * A layer `L` with a weight `kernel:0` becomes `L_kernel`, as in the `.npz` form.
 *
 * @param path  of the file; the HDF5 library reads it itself
 * @throws {FaceError} `modelImportFailed` when it is not an HDF5 file with float32 weights
 */
export async function loadKerasWeights(path: string): Promise<NamedArrays> {
  // 3 MB of WebAssembly that only an import of such a file needs.
  const hdf5 = await import('h5wasm/node')
  await hdf5.ready
  const arrays = new Map<string, NamedArray>()
  // The library prints its error stack otherwise and goes on with an invalid handle.
  hdf5.Module.activate_throwing_error_handler()
  let file: InstanceType<typeof hdf5.File> | undefined
  try {
    file = new hdf5.File(path, 'r')
    const root = (file.keys().includes('model_weights') ? file.get('model_weights') : file) as Group
    for (const layer of root.keys()) {
      const group = root.get(layer)
      if (!group || !('type' in group) || group.type !== 'Group') continue
      walk(group as Group, (name, shape, value) => {
        if (value instanceof Float32Array) {
          arrays.set(`${layer}_${name.replace(/:0$/, '')}`, { shape, data: value })
        }
      })
    }
  } catch (cause) {
    throw new FaceError('modelImportFailed', { detail: 'It is not a readable HDF5 file.', cause })
  } finally {
    file?.close()
    hdf5.Module.deactivate_throwing_error_handler()
  }
  if (arrays.size === 0) {
    throw new FaceError('modelImportFailed', { detail: 'It has no float32 weights.' })
  }
  return arrays
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  return Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic
}

/**
 * Reads named weights from an `.npz` or a Keras `.h5`; the content decides, not the name.
 *
 * @throws {FaceError} `modelImportFailed` when it is neither, or not readable
 */
export async function loadNamedArrays(path: string): Promise<NamedArrays> {
  const bytes = await readFile(path)
  if (startsWith(bytes, 'PK')) return parseNpz(bytes)
  if (startsWith(bytes, '\x89HDF')) return loadKerasWeights(path)
  throw new FaceError('modelImportFailed', {
    detail: 'Expected an .npz of named arrays or a Keras .h5 file.',
  })
}
