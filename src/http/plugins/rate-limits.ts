import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { hashKey, isGenerated, type Keys } from '../../access/keys.ts'
import type { Principal } from '../../access/principal.ts'
import { createQuotas } from '../../access/quotas.ts'
import { toAddressSubject } from '../../access/throttle.ts'
import { FaceError } from '../../core/errors.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'

const minuteMs = 60_000
/** Callers that are counted at the same time; the one that was seen longest ago makes room. */
const maxCounted = 10_000

// [Note: Rate limits]
// A request with a valid key counts for the key, whatever address it comes from, and any other for its
// address, wrong keys too. A key may have a limit and a quota of its own. Each node counts for itself
// and forgets with its end: limits are there to keep one caller from taking all of a node's time.

/** Who is counted, and how much it may. */
interface Counted {
  readonly subject: string
  /** Absent: no limit. */
  readonly max: number | undefined
  readonly windowMs: number
}

/**
 * Limits requests by key or by address, with the headers `RateLimit-*`; see [Note: Rate limits]. To be
 * called before {@link registerQuotas}.
 */
export async function registerRateLimits(
  app: App,
  keys: Keys,
  options: ResolvedHttpOptions,
): Promise<void> {
  const counted = new WeakMap<FastifyRequest, Counted>()

  async function find(request: FastifyRequest): Promise<Counted> {
    const everybody = options.rateLimit
    const standard = {
      max: everybody?.max,
      windowMs: everybody?.timeWindowMs ?? minuteMs,
    }
    const [, key = ''] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    // What the database cannot answer is found out, and answered, where the key is checked.
    const principal = isGenerated(key)
      ? await keys.authenticateHash(hashKey(key)).catch(() => undefined)
      : undefined
    if (principal === undefined) return { subject: toAddressSubject(request.ip), ...standard }
    const subject = `key ${principal.actor.id}`
    const { ratePerMinute } = principal.limits ?? {}
    if (ratePerMinute === undefined) return { subject, ...standard }
    return { subject, max: ratePerMinute, windowMs: minuteMs }
  }

  const of = (request: FastifyRequest) => counted.get(request) as Counted
  await app.register(rateLimit, {
    enableDraftSpec: true,
    cache: maxCounted,
    async keyGenerator(request) {
      const found = await find(request)
      counted.set(request, found)
      return found.subject
    },
    allowList: (request) => of(request).max === undefined,
    max: (request) => of(request).max ?? 0,
    timeWindow: (request) => of(request).windowMs,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new FaceError('rateLimited', {
        detail: `At most ${max} are allowed in a window.`,
        info: { retryAfterSeconds: Math.ceil(ttl / 1000) },
      }),
  })
}

/** Counts the requests of keys that have a quota. To be called after the callers are known. */
export function registerQuotas(app: App): void {
  const quotas = createQuotas()
  app.addHook('preParsing', async ({ principal }) => {
    const { actor, limits } = (principal ?? {}) as Partial<Principal>
    if (actor !== undefined && limits?.quotaPerDay !== undefined) {
      quotas.take(actor.id, limits.quotaPerDay)
    }
  })
}
