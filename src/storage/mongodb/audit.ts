import type { Filter } from 'mongodb'
import type { AuditSeal } from '../../core/audit/chain.ts'
import {
  type AuditEvent,
  type AuditHead,
  type AuditRecord,
  type AuditRow,
  toEmptyHead,
  toEntry,
  toRow,
} from '../../core/audit/entry.ts'
import { toAuditEvents } from '../audit-rules.ts'
import type { MethodName } from '../methods.ts'
import type { AuditFilter, AuditStore } from '../ports/audit.ts'
import { hashText, isSealOf, toIdRange, toSealEvent } from '../rules/audit.ts'
import { parsePageOptions, toMeasuredPage } from '../rules/pages.ts'
import type { MongoContext } from './context.ts'
import type { AuditDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Audit streams]
// One chain for the database would be a place that all transactions write, and all but one of those that
// run at once would conflict. There are as many chains as a process has slots (counterSlots in
// transactions.ts), and a transaction continues that of its slot, so that only two processes that hold the same one
// conflict. That a whole chain is gone is seen by the others: the heads of all are entered regularly.

/** The context of one call, whose transactions also enter what it does; see [Note: Audit rules] in audit-rules.ts. */
export function toAuditedContext(
  context: MongoContext,
  name: MethodName,
  parameters: readonly unknown[],
): MongoContext {
  return {
    ...context,
    transact: (body, turn) =>
      context.transact(async (transaction) => {
        const answer = await body(transaction)
        const events = [...transaction.notes, ...toAuditEvents(name, parameters, answer)]
        await enterEvents(context, events, transaction)
        return answer
      }, turn),
  }
}

async function enterEvents(
  context: MongoContext,
  events: readonly AuditEvent[],
  transaction: Transaction,
): Promise<void> {
  const at = context.now()
  const records = events.map((event) => ({ event, at, context: context.caller }))
  await appendRecords(context, records, transaction)
}

async function appendRecords(
  { tables, newId }: MongoContext,
  records: readonly AuditRecord[],
  { session, slot: stream }: Pick<Transaction, 'session' | 'slot'>,
): Promise<void> {
  if (records.length === 0) return
  const last = await tables.audit.findOne(
    { stream },
    { session, sort: { sequence: -1 }, projection: { stream: 1, sequence: 1, hash: 1 } },
  )
  let head: AuditHead = last ?? toEmptyHead(stream)
  const rows: AuditRow[] = []
  for (const record of records) {
    const row = toRow(head, record, { id: newId(), hashText })
    rows.push(row)
    head = row
  }
  await tables.audit.insertMany(
    rows.map(({ id, ...row }) => ({ _id: id, ...row })),
    { session },
  )
}

/** The audit log, as {@link AuditStore} says. */
export function createAuditOperations(context: MongoContext): AuditStore {
  const { audit } = context.tables
  return {
    append: (records) =>
      context.transact((transaction) => appendRecords(context, records, transaction)),

    async list(options = {}) {
      const { after, limit } = parsePageOptions('audit', options)
      const found = await audit
        .find(toFilter(options, after))
        .sort({ _id: -1 })
        .limit(limit + 1)
        .toArray()
      const lengthOf = (_: unknown, i: number) => found[i]?.body.length ?? 0
      return toMeasuredPage('audit', found.map(toEntry), { limit, lengthOf })
    },

    async heads() {
      const streams: readonly number[] = await audit.distinct('stream')
      const heads = await Promise.all(
        streams.map((stream) =>
          audit.findOne(
            { stream },
            { sort: { sequence: -1 }, projection: { _id: 0, stream: 1, sequence: 1, hash: 1 } },
          ),
        ),
      )
      return heads
        .flatMap((head) => (head === null ? [] : [head as AuditHead]))
        .sort((a, b) => a.stream - b.stream)
    },

    async rows(stream, after, limit) {
      const found = await audit
        .find({ stream, sequence: { $gt: after } })
        .sort({ sequence: 1 })
        .limit(limit)
        .toArray()
      return found.map(({ _id: id, ...row }) => ({ id, ...row }))
    },

    async sealable(before, limit): Promise<AuditSeal | undefined> {
      const oldest = await audit.findOne(
        { at: { $lt: before }, kind: { $ne: 'auditSealed' } },
        { sort: { _id: 1 }, projection: { stream: 1 } },
      )
      if (!oldest) return undefined
      const { stream } = oldest
      const found = await audit
        .find({ stream }, { projection: { at: 1, sequence: 1, hash: 1 } })
        .sort({ sequence: 1 })
        .limit(limit)
        .toArray()
      const end = found.findIndex(({ at }) => at >= before)
      const old = end === -1 ? found : found.slice(0, end)
      const [first] = old
      const last = old.at(-1)
      if (!first || !last) return undefined
      return {
        ...{ stream, first: first.sequence, last: last.sequence },
        ...{ count: old.length, lastHash: last.hash, before },
      }
    },

    seal: (seal, signature) =>
      context.transact(async ({ session }) => {
        const { stream, first, last } = seal
        const range = { stream, sequence: { $gte: first, $lte: last } }
        const found = await audit
          .find(range, { session, projection: { sequence: 1, hash: 1 } })
          .sort({ sequence: 1 })
          .toArray()
        if (!isSealOf(seal, found)) return 0
        const record = {
          event: toSealEvent(seal, signature),
          at: context.now(),
          context: context.caller,
        }
        // In the chain that it is about, whatever the slot.
        await appendRecords(context, [record], { session, slot: stream })
        await audit.deleteMany(range, { session })
        return found.length
      }),
  }
}

function toFilter(filter: AuditFilter, before: string): Filter<AuditDocument> {
  const { from, to, kind, actor, subject, requestId, collectionIds } = filter
  const { first, last } = toIdRange(filter)
  const id = {
    ...(first === undefined ? {} : { $gte: first }),
    ...(last === undefined ? {} : { $lt: last }),
  }
  const at = {
    ...(from === undefined ? {} : { $gte: from }),
    ...(to === undefined ? {} : { $lt: to }),
  }
  const isKind = actor?.includes(':') === false
  return {
    $and: [{ _id: { $gt: '', ...id } }, ...(before === '' ? [] : [{ _id: { $lt: before } }])],
    ...(Object.keys(at).length === 0 ? {} : { at }),
    ...(kind === undefined ? {} : { kind }),
    ...(actor === undefined
      ? {}
      : { actor: isKind ? { $gte: `${actor}:`, $lt: `${actor};` } : actor }),
    ...(subject === undefined ? {} : { subjects: subject }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(collectionIds === undefined ? {} : { collectionId: { $in: [...collectionIds] } }),
  } as Filter<AuditDocument>
}
