import { FaceError } from '../../core/errors.ts'
import type {
  ClaimedJob,
  Job,
  JobItem,
  JobLease,
  JobState,
  JobStore,
  NewJobItem,
} from '../ports/jobs.ts'
import {
  assertNewJob,
  assertPart,
  hasEnded,
  isOver,
  maxLapses,
  toAskedChange,
  toEndState,
  toLapsedFailure,
} from '../rules/jobs.ts'
import { isUlid, parsePageOptions, toMeasuredPage, toPage } from '../rules/pages.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import type { SqlRow, SqlValue } from './libsql.ts'
import { readBlob, readJson, readNumber, readText } from './rows.ts'

const jobColumns =
  'id, kind, collection_id, input, state, wanted, progress, result, failure, attempts, ' +
  'created_at, created_by, started_at, ended_at, revision'

/** Of these kinds, and waiting or with a lease that has ended: what can be taken up. */
const dueCondition =
  "kind IN (SELECT value FROM json_each(?)) AND (state = 'queued' OR " +
  "(state = 'running' AND lease_until_ms < ?))"

/** Jobs, as {@link JobStore} says. */
export function createJobOperations(context: StoreContext): Synchronous<JobStore> {
  const { db } = context

  function find(id: string): Job | undefined {
    const row = isUlid(id) ? db.get(`SELECT ${jobColumns} FROM jobs WHERE id = ?`, [id]) : undefined
    return row && readJob(row)
  }

  function getJob(id: string): Job {
    const job = find(id)
    if (!job) throw new FaceError('jobNotFound')
    return job
  }

  /** Writes columns and the next revision. */
  function change(id: string, columns: Readonly<Record<string, SqlValue>>): Job {
    const names = Object.keys(columns).map((name) => `${name} = ?, `)
    db.run(`UPDATE jobs SET ${names.join('')}revision = revision + 1 WHERE id = ?`, [
      ...Object.values(columns),
      id,
    ])
    return getJob(id)
  }

  function start(
    id: string,
    {
      attempt,
      lapses = 0,
      leaseMs,
    }: { readonly attempt: number; readonly lapses?: number; readonly leaseMs: number },
  ): Job {
    db.run('UPDATE jobs SET started_at = coalesce(started_at, ?) WHERE id = ?', [context.now(), id])
    const lease = { lease_until_ms: Date.now() + leaseMs }
    return change(id, { state: 'running', attempts: attempt, lapses, ...lease })
  }

  function findLeased({ id, attempt }: JobLease): Job | undefined {
    const job = find(id)
    return job?.state === 'running' && job.attempts === attempt ? job : undefined
  }

  function hasPerson(id: string): boolean {
    return db.get('SELECT 1 FROM persons WHERE id = ?', [id]) !== undefined
  }

  function addItems(jobId: string, items: readonly NewJobItem[] = []): void {
    for (const { rejected, personId, body } of items) {
      if (personId !== undefined && !hasPerson(personId)) continue
      db.run(
        'INSERT INTO job_items (id, job_id, rejected, person_id, body) VALUES (?, ?, ?, ?, ?)',
        [context.newId(), jobId, rejected ? 1 : 0, personId ?? null, JSON.stringify(body)],
      )
    }
  }

  /** Writes that a job comes out of being run, or of waiting. */
  function leave(id: string, state: JobState, columns: Readonly<Record<string, SqlValue>>): Job {
    const ends = hasEnded({ state })
    if (ends) {
      // Without a checkpoint nothing would go on from them.
      const kept = isOver(state)
        ? ''
        : ' AND (SELECT checkpoint FROM jobs WHERE id = job_id) IS NULL'
      db.run(`DELETE FROM job_parts WHERE job_id = ?${kept}`, [id])
    }
    return change(id, {
      ...{ state, wanted: null, lease_until_ms: null, ended_at: ends ? context.now() : null },
      // Nobody goes on from it; it may be large.
      ...(isOver(state) ? { checkpoint: null } : {}),
      ...columns,
    })
  }

  return {
    create(job, { leaseMs } = {}) {
      assertNewJob(job)
      const { kind, collectionId, input } = job
      if (collectionId !== undefined) findCollection(context, collectionId)
      const id = context.newId()
      db.run(
        'INSERT INTO jobs (id, kind, collection_id, input, state, created_at, created_by) ' +
          "VALUES (?, ?, ?, ?, 'queued', ?, ?)",
        [
          ...[id, kind, collectionId ?? null, JSON.stringify(input), context.now()],
          JSON.stringify(context.caller().actor),
        ],
      )
      return leaseMs === undefined ? getJob(id) : start(id, { attempt: 1, leaseMs })
    },

    get: getJob,

    list(options = {}) {
      const { after, limit } = parsePageOptions('jobs', options)
      const { state, kind, collectionIds } = options
      const conditions = [
        ...(after === '' ? [] : ['id < ?']),
        ...(state === undefined ? [] : ['state = ?']),
        ...(kind === undefined ? [] : ['kind = ?']),
        ...(collectionIds === undefined
          ? []
          : ['collection_id IN (SELECT value FROM json_each(?))']),
      ]
      const parameters = [
        ...(after === '' ? [] : [after]),
        ...(state === undefined ? [] : [state]),
        ...(kind === undefined ? [] : [kind]),
        ...(collectionIds === undefined ? [] : [JSON.stringify(collectionIds)]),
      ]
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `
      const rows = db.all(`SELECT ${jobColumns} FROM jobs ${where}ORDER BY id DESC LIMIT ?`, [
        ...parameters,
        limit + 1,
      ])
      const lengthOf = (job: Job) => JSON.stringify(job).length
      return toMeasuredPage('jobs', rows.map(readJob), { limit, lengthOf })
    },

    isDue(kinds) {
      const sql = `SELECT 1 FROM jobs WHERE ${dueCondition} LIMIT 1`
      return db.get(sql, [JSON.stringify(kinds), Date.now()]) !== undefined
    },

    claim(kinds, { leaseMs }): ClaimedJob | undefined {
      for (;;) {
        const row = db.get(
          `SELECT id, state, lapses, attempts, checkpoint FROM jobs WHERE ${dueCondition} ` +
            'ORDER BY id LIMIT 1',
          [JSON.stringify(kinds), Date.now()],
        )
        if (!row) return undefined
        const id = readText(row, 'id')
        const lapses = readNumber(row, 'lapses') + (readText(row, 'state') === 'running' ? 1 : 0)
        if (lapses > maxLapses) {
          leave(id, 'failed', { failure: JSON.stringify(toLapsedFailure()) })
          continue
        }
        const attempt = readNumber(row, 'attempts') + 1
        const job = start(id, { attempt, lapses, leaseMs })
        const lease = { id, attempt }
        if (row.checkpoint === null) return { job, lease }
        return { job, lease, checkpoint: readJson(row, 'checkpoint') }
      }
    },

    save(lease, { progress, checkpoint, items, leaseMs }) {
      const job = findLeased(lease)
      if (!job) return undefined
      addItems(job.id, items)
      return change(job.id, {
        lease_until_ms: Date.now() + leaseMs,
        ...(progress === undefined ? {} : { progress: JSON.stringify(progress) }),
        ...(checkpoint === undefined ? {} : { checkpoint: JSON.stringify(checkpoint), lapses: 0 }),
      })
    },

    putPart(lease, part, bytes) {
      assertPart(part, bytes)
      const job = findLeased(lease)
      if (!job) return false
      db.run('INSERT OR REPLACE INTO job_parts (job_id, part, bytes) VALUES (?, ?, ?)', [
        ...[job.id, part, bytes],
      ])
      return true
    },

    getPart(id, part) {
      if (!isUlid(id)) return undefined
      const sql = 'SELECT bytes FROM job_parts WHERE job_id = ? AND part = ?'
      const row = db.get(sql, [id, part])
      return row && readBlob(row, 'bytes')
    },

    end(lease, { items, ...end }) {
      const job = findLeased(lease)
      if (!job) return undefined
      addItems(job.id, items)
      return leave(job.id, toEndState(job, end), {
        ...(end.state === 'done' ? { result: JSON.stringify(end.result) } : {}),
        ...(end.state === 'failed' ? { failure: JSON.stringify(end.failure) } : {}),
      })
    },

    ask(id, asked) {
      const job = getJob(id)
      const changed = toAskedChange(job, asked)
      if (changed === undefined) return job
      if (changed.state === undefined) return change(id, { wanted: changed.wanted ?? null })
      const fresh = asked === 'queued' ? { failure: null, lapses: 0 } : {}
      return leave(id, changed.state, fresh)
    },

    items(id, options = {}) {
      const { after, limit } = parsePageOptions('jobItems', options)
      getJob(id)
      const { rejected } = options
      const rows = db.all(
        'SELECT id, rejected, person_id, body FROM job_items WHERE job_id = ? AND id > ? ' +
          `${rejected === undefined ? '' : 'AND rejected = ? '}ORDER BY id LIMIT ?`,
        [id, after, ...(rejected === undefined ? [] : [rejected ? 1 : 0]), limit + 1],
      )
      return toPage('jobItems', rows.map(readItem), limit)
    },

    remove(id) {
      const job = getJob(id)
      if (!hasEnded(job)) throw new FaceError('jobConflict', { detail: `It is ${job.state}.` })
      db.run('DELETE FROM jobs WHERE id = ?', [id])
    },

    expire: (endedBefore, limit) =>
      db.run(
        'DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ended_at < ? ORDER BY ended_at LIMIT ?)',
        [endedBefore, limit],
      ),
  }
}

function readJob(row: SqlRow): Job {
  const text = (field: string, column: string) =>
    row[column] === null ? {} : { [field]: readText(row, column) }
  const json = (field: string, column: string) =>
    row[column] === null ? {} : { [field]: readJson(row, column) }
  return {
    id: readText(row, 'id'),
    kind: readText(row, 'kind'),
    ...text('collectionId', 'collection_id'),
    input: readJson(row, 'input'),
    state: readText(row, 'state') as JobState,
    ...text('wanted', 'wanted'),
    ...json('progress', 'progress'),
    ...json('result', 'result'),
    ...json('failure', 'failure'),
    attempts: readNumber(row, 'attempts'),
    createdAt: readText(row, 'created_at'),
    createdBy: readJson(row, 'created_by'),
    ...text('startedAt', 'started_at'),
    ...text('endedAt', 'ended_at'),
    revision: readNumber(row, 'revision'),
  }
}

function readItem(row: SqlRow): JobItem {
  return {
    id: readText(row, 'id'),
    rejected: readNumber(row, 'rejected') === 1,
    ...(row.person_id === null ? {} : { personId: readText(row, 'person_id') }),
    body: readJson(row, 'body'),
  }
}
