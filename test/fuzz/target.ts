import type { ErrorCode } from '../../src/core/errors.ts'

/** A parser and what it may answer. */
export interface FuzzTarget {
  /** As in `--parser`; the name of its file in `corpus/`. */
  readonly name: string
  /** Errors of the catalogue with which it refuses; any other error is a fault. */
  readonly refusals: readonly ErrorCode[]
  /** Intact inputs, made by the program itself. */
  seeds(): Promise<readonly Uint8Array[]>
  /**
   * Parses one input. What it throws is a fault unless it is one of `refusals`; so is a
   * {@link MustRefuse}, of something that was accepted.
   */
  read(input: Uint8Array, kind: InputKind): unknown
  /** Makes lengths and checksums of a changed input right again, to reach what lies behind them. */
  repair?(input: Uint8Array): Uint8Array
  /** Texts that inputs are likely to hold. */
  readonly words?: readonly string[]
  /** Most bytes of an input, default 16 KiB. */
  readonly maxBytes?: number
  /** Memory that one input may take, default {@link defaultMemoryBytes}. */
  readonly memoryBytes?: number
  /** Called at the end. */
  close?(): Promise<void>
}

export interface InputKind {
  /** {@link FuzzTarget.repair} has gone over it. */
  readonly isRepaired: boolean
}

export const defaultMaxBytes: number = 16 * 1024
export const defaultMemoryBytes: number = 256 * 1024 * 1024

/** Something was accepted that has to be refused. */
export class MustRefuse extends Error {}
