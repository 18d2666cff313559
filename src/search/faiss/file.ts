import type { FileHandle } from 'node:fs/promises'
import { FaceError } from '../../core/errors.ts'
import type { FaissMetric } from './addon.ts'

/** What a faiss file holds. */
export interface FaissFileInfo {
  /** The factory string that makes such an index: `Flat`, `IVF<n>,Flat` or `HNSW<n>`. */
  readonly factory: string
  readonly metric: FaissMetric
  readonly dimension: number
  readonly count: number
}

/** Reads numbers in turn; throws rather than going beyond the end. Little-endian. */
interface FileReader {
  bytes(count: number): Promise<Buffer>
  skip(count: number): void
  int32(): Promise<number>
  uint64(): Promise<number>
  code(): Promise<string>
  /** Items of a vector: a count, then so many of the given size. */
  vector(itemBytes: number): Promise<Buffer>
  left(): number
}

interface IndexHeader {
  readonly dimension: number
  readonly count: number
  readonly metric: FaissMetric
}

const metrics: readonly FaissMetric[] = ['ip', 'l2']
const floatBytes = 4
const labelBytes = 8

/**
 * Checks that a file from elsewhere is a whole, well-formed faiss index, because `read_index`
 * allocates what a file tells it to and searches trust the numbers in it. Known are exact storages:
 * flat, inverted file over flat, HNSW over flat. Others, quantised ones and id maps among them, are refused.
 *
 * @throws {FaceError} `indexFileInvalid`
 * @source faiss 1.7.3, impl/index_write.cpp: the order of the fields
 */
export async function inspectFaissFile(file: FileHandle): Promise<FaissFileInfo> {
  const reader = createReader(file, (await file.stat()).size)
  const info = await readIndex(reader)
  if (reader.left() !== 0) throw invalid('there is something behind the index')
  return info
}

async function readIndex(reader: FileReader): Promise<FaissFileInfo> {
  const code = await reader.code()
  switch (code) {
    case 'IxFI':
    case 'IxF2':
      return { factory: 'Flat', ...(await readFlat(reader)) }
    case 'IwFl':
      return readInverted(reader)
    case 'IHNf':
      return readGraph(reader)
    default:
      throw invalid(
        `its type ${JSON.stringify(code)} is not one of IxFI, IxF2 (flat), IwFl (IVF, flat), IHNf (HNSW, flat)`,
      )
  }
}

async function readHeader(reader: FileReader): Promise<IndexHeader> {
  const dimension = await reader.int32()
  const count = await reader.uint64()
  reader.skip(2 * labelBytes)
  const [trained] = await reader.bytes(1)
  const metric = metrics[await reader.int32()]
  if (dimension < 1 || dimension > 65_536) throw invalid('its dimension is out of range')
  if (trained !== 1) throw invalid('it is not trained')
  if (metric === undefined) throw invalid('its metric is neither inner product nor L2')
  return { dimension, count, metric }
}

async function readFlat(reader: FileReader): Promise<IndexHeader> {
  const header = await readHeader(reader)
  const floats = await reader.uint64()
  if (floats !== header.count * header.dimension) throw invalid('its vectors are not complete')
  reader.skip(floats * floatBytes)
  return header
}

/** A flat index inside of another. */
async function readNestedFlat(reader: FileReader, expected: IndexHeader): Promise<void> {
  const code = await reader.code()
  if (code !== 'IxFI' && code !== 'IxF2') throw invalid('a part of it is not a flat index')
  const flat = await readFlat(reader)
  if (
    flat.dimension !== expected.dimension ||
    flat.count !== expected.count ||
    flat.metric !== expected.metric
  ) {
    throw invalid('its parts do not fit each other')
  }
}

async function readInverted(reader: FileReader): Promise<FaissFileInfo> {
  const header = await readHeader(reader)
  const lists = await reader.uint64()
  reader.skip(8)
  await readNestedFlat(reader, { ...header, count: lists })
  await skipDirectMap(reader)

  const rowBytes = header.dimension * floatBytes
  const code = await reader.code()
  const fits = (await reader.uint64()) === lists && (await reader.uint64()) === rowBytes
  if (code !== 'ilar' || !fits) throw invalid('its lists are of another kind')
  let rows = 0
  for (const size of await readListSizes(reader, lists)) {
    rows += size
    reader.skip(size * (rowBytes + labelBytes))
  }
  if (rows !== header.count) throw invalid('its lists do not hold all vectors')
  return { factory: `IVF${lists},Flat`, ...header }
}

/** The native side makes the map anew. */
async function skipDirectMap(reader: FileReader): Promise<void> {
  const [type] = await reader.bytes(1)
  if (type! > 2) throw invalid('its direct map is of another kind')
  reader.skip((await reader.uint64()) * labelBytes)
  if (type === 2) reader.skip((await reader.uint64()) * 2 * labelBytes)
}

/** Sizes of those lists that are not empty, or of all. */
async function readListSizes(reader: FileReader, lists: number): Promise<readonly number[]> {
  const code = await reader.code()
  const numbers = toNumbers(await reader.vector(8))
  if (code === 'full') {
    if (numbers.length !== lists) throw invalid('its list sizes are not complete')
    return numbers
  }
  if (code !== 'sprs' || numbers.length % 2 !== 0) throw invalid('its list sizes are not valid')
  if (numbers.some((list, i) => i % 2 === 0 && (list >= lists || list <= (numbers[i - 2] ?? -1)))) {
    throw invalid('a list number is out of range')
  }
  return numbers.filter((_, i) => i % 2 === 1)
}

async function readGraph(reader: FileReader): Promise<FaissFileInfo> {
  const header = await readHeader(reader)
  const levelCount = (await reader.vector(8)).length / 8
  const slotsBelow = toInts(await reader.vector(4))
  const levels = toInts(await reader.vector(4))
  const offsets = toNumbers(await reader.vector(8))
  const neighbours = toInts(await reader.vector(4))
  const entry = await reader.int32()
  const top = await reader.int32()
  const beams = [await reader.int32(), await reader.int32(), await reader.int32()]
  await readNestedFlat(reader, header)

  const wellFormed =
    levelCount >= 1 &&
    slotsBelow.length > levelCount &&
    slotsBelow[0] === 0 &&
    slotsBelow.every((slots, i) => slots <= 2 ** 16 && slots >= (slotsBelow[i - 1] ?? 0)) &&
    slotsBelow[1]! >= 2 &&
    beams.every((beam) => beam >= 1 && beam <= 65_536) &&
    levels.length === header.count &&
    levels.every((level) => level >= 1 && level <= levelCount) &&
    offsets.length === header.count + 1 &&
    offsets[0] === 0 &&
    offsets.at(-1) === neighbours.length &&
    levels.every((level, i) => offsets[i + 1]! - offsets[i]! === slotsBelow[level]) &&
    (header.count === 0
      ? entry === -1
      : entry >= 0 && entry < header.count && top === levels[entry]! - 1)
  if (!wellFormed || !hasValidLinks({ slotsBelow, levels, offsets, neighbours })) {
    throw invalid('its graph is not well formed')
  }
  return { factory: `HNSW${slotsBelow[1]! / 2}`, ...header }
}

/** Every link goes to a node that exists on its level. */
function hasValidLinks(graph: {
  readonly slotsBelow: Int32Array
  readonly levels: Int32Array
  readonly offsets: readonly number[]
  readonly neighbours: Int32Array
}): boolean {
  const { slotsBelow, levels, offsets, neighbours } = graph
  return levels.every((nodeLevels, node) => {
    for (let level = 0; level < nodeLevels; level++) {
      const from = offsets[node]! + slotsBelow[level]!
      const to = offsets[node]! + slotsBelow[level + 1]!
      for (let at = from; at < to; at++) {
        const neighbour = neighbours[at]!
        if (neighbour !== -1 && !(levels[neighbour]! > level)) return false
      }
    }
    return true
  })
}

function createReader(file: FileHandle, size: number): FileReader {
  let at = 0
  const reader: FileReader = {
    async bytes(count) {
      const from = at
      reader.skip(count)
      const buffer = Buffer.alloc(count)
      for (let done = 0; done < count; ) {
        const { bytesRead } = await file.read(buffer, done, count - done, from + done)
        if (bytesRead === 0) throw invalid('it is cut off')
        done += bytesRead
      }
      return buffer
    },
    skip(count) {
      if (!(count <= size - at)) throw invalid('it is cut off')
      at += count
    },
    int32: async () => (await reader.bytes(4)).readInt32LE(),
    uint64: async () => Number((await reader.bytes(8)).readBigUInt64LE()),
    code: async () => (await reader.bytes(4)).toString('latin1'),
    vector: async (itemBytes) => reader.bytes((await reader.uint64()) * itemBytes),
    left: () => size - at,
  }
  return reader
}

function toInts(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

function toNumbers(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => Number(bytes.readBigUInt64LE(i * 8)))
}

function invalid(reason: string): FaceError {
  return new FaceError('indexFileInvalid', { detail: `The faiss file cannot be used: ${reason}.` })
}
