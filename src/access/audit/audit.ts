import type { AuditEntry } from '../../core/audit/entry.ts'
import { FaceError } from '../../core/errors.ts'
import type { GalleryCaller } from '../../gallery/gallery.ts'
import { limitCollections } from '../../gallery/reach.ts'
import type { Database } from '../../storage/database.ts'
import type { AuditFilter } from '../../storage/ports/audit.ts'
import type { Page, PageOptions } from '../../storage/ports/pages.ts'
import { readAnchors } from './anchors.ts'
import { type SigningKey, toTrustedKeys } from './signing-key.ts'
import { type AuditReport, verifyAudit } from './verification.ts'

/** What is asked of the audit log. */
export interface AuditQuery extends Omit<AuditFilter, 'collectionIds'> {
  /** Name of a collection: only its entries. */
  readonly collection?: string
}

export interface VerifyOptions {
  /** A file of anchors, or a folder of them. Default: the configured file, where there is one. */
  readonly anchors?: string
  /** PEM of more public keys whose anchors and seals are believed, such as those of other nodes. */
  readonly publicKeys?: readonly string[]
  readonly signal?: AbortSignal
}

/** The audit log: what HTTP and the command line ask. */
export interface Audit {
  /** The same for a caller, who sees the entries of the collections that are reached. */
  as(caller: GalleryCaller): Audit
  /** Newest first. @throws {FaceError} `collectionNotFound`, `forbidden`, `invalidCursor`, `invalidOption` */
  list(query?: PageOptions & AuditQuery): Promise<Page<AuditEntry>>
  /** Everything that fits, the newest first. @throws {FaceError} as {@link Audit.list} */
  entries(query?: AuditQuery): AsyncIterable<AuditEntry>
  /** @throws {FaceError} `invalidOption`; `forbidden` for a caller who does not reach all collections */
  verify(options?: VerifyOptions): Promise<AuditReport>
  /** What the last verification of this process found. */
  lastReport(): AuditReport | undefined
  /** The key whose private part signs anchors and seals. */
  readonly publicKey: Pick<SigningKey, 'id' | 'publicKey'>
}

export interface AuditOptions {
  readonly store: Pick<Database, 'audit' | 'collections'>
  readonly key: SigningKey
  readonly anchorFile: string
  /** Whether there may be anchors there. */
  readonly hasAnchors: (path: string) => boolean
}

/** Most entries of a page of {@link Audit.entries}. */
const exportedTogether = 1000

/** Creates the use cases of the audit log. */
export function createAudit({ store, key, anchorFile, hasAnchors }: AuditOptions): Audit {
  let last: AuditReport | undefined

  function bind(reached: readonly string[] | undefined): Audit {
    const collections =
      reached === undefined ? store.collections : limitCollections(store.collections, reached)

    async function toFilter({ collection, ...query }: AuditQuery): Promise<AuditFilter> {
      const ids = reached === undefined ? {} : { collectionIds: reached }
      if (collection === undefined) return { ...query, ...ids }
      const { id } = await collections.get(collection)
      return { ...query, collectionIds: [id] }
    }

    const list: Audit['list'] = async ({ limit, cursor, ...query } = {}) =>
      store.audit.list({
        ...(await toFilter(query)),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      })

    return {
      as: ({ collectionIds }) => bind(collectionIds),
      list,
      async *entries(query = {}) {
        let cursor: string | undefined
        do {
          const page = await list({
            ...{ ...query, limit: exportedTogether },
            ...(cursor === undefined ? {} : { cursor }),
          })
          yield* page.items
          cursor = page.nextCursor
        } while (cursor !== undefined)
      },
      async verify({ anchors, publicKeys = [], signal } = {}) {
        if (reached !== undefined) {
          throw new FaceError('forbidden', { detail: 'The API key is not for all collections.' })
        }
        const trusted = toTrustedKeys([key.publicKey, ...publicKeys])
        const path = anchors ?? anchorFile
        const read =
          anchors !== undefined || hasAnchors(path)
            ? readAnchors(path, trusted)
            : { anchors: [], faults: [] }
        last = await verifyAudit(store.audit, { anchors: read, trusted, signal })
        return last
      },
      lastReport: () => last,
      publicKey: { id: key.id, publicKey: key.publicKey },
    }
  }

  return bind(undefined)
}
