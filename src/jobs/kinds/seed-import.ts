import { type Static, Type } from 'typebox'
import type { DecisionPolicy } from '../../core/types.ts'
import type { Database } from '../../storage/database.ts'
import type { NewJobItem } from '../../storage/ports/jobs.ts'
import { importSeed, type SeedImportReport } from '../../transfer/importers/seed/import-seed.ts'
import type { SeedSource } from '../../transfer/importers/seed/seed-source.ts'
import type { JobKind } from '../job-kind.ts'
import { parseInput } from './parse-input.ts'
import { forAttempt } from './transfer-kinds.ts'

const Input = Type.Object(
  {
    /** The server, as {@link import('./kept-address.ts').toKeptAddress} keeps it. */
    from: Type.String(),
    isPartial: Type.Boolean(),
    /** From which the server is seen. */
    machine: Type.String(),
    database: Type.String(),
    collection: Type.String(),
    /** Name of the collection that is filled. */
    into: Type.String(),
  },
  { additionalProperties: false },
)
export type SeedImportInput = Static<typeof Input>

export interface SeedImportKindOptions {
  readonly store: Database
  /** Policy of a collection that is made. */
  readonly policy: DecisionPolicy
  openSource(input: SeedImportInput): Promise<SeedSource>
  /** Called with all that is to be said, also after an interruption. */
  readonly onReport?: (report: SeedImportReport) => void
}

/** Documents told in one go. */
const itemsAtOnce = 500

/**
 * Imports the gallery of the first face-watcher. What was imported before is found again, so an
 * interrupted job begins with the first document; those that were refused are told at the end.
 */
export function createSeedImport(options: SeedImportKindOptions): JobKind<SeedImportInput> {
  return {
    name: 'seedImport',
    parse: (input) => parseInput(Input, input),
    async run(input, context) {
      const { checkpoint, signal, report, save } = context
      const source = await options.openSource(input)
      try {
        const told = await importSeed(forAttempt(options.store, context), source, {
          ...{ collection: input.into, policy: options.policy },
          ...{ stop: signal, onProgress: report },
        })
        options.onReport?.(told)
        signal.throwIfAborted()
        const { refused, interrupted: _, ...counts } = told
        for (let at = Number(checkpoint?.told ?? 0); at < refused.length; at += itemsAtOnce) {
          const some = refused.slice(at, at + itemsAtOnce)
          await save({ told: at + some.length }, some.map(toItem))
        }
        return { ...counts, refused: refused.length }
      } finally {
        await source.close()
      }
    },
  }
}

function toItem({ id, reason }: SeedImportReport['refused'][number]): NewJobItem {
  return { rejected: true, body: { document: id, message: reason } }
}
