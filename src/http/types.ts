import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Audit } from '../access/audit/audit.ts'
import type { AuditLog } from '../access/audit/audit-log.ts'
import type { KeyCheck } from '../access/key-check.ts'
import type { Keys } from '../access/keys.ts'
import type { OidcSignIn } from '../access/oidc.ts'
import type { Principal } from '../access/principal.ts'
import type { ScopeOrPublic } from '../access/scopes.ts'
import type { Sessions } from '../access/sessions.ts'
import type { Tokens } from '../access/tokens.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { FaceWatcher, Timings } from '../recognition/face-watcher.ts'
import type { AnswerStore } from '../storage/ports/answers.ts'
import type { Session } from '../storage/ports/sessions.ts'
import type { ResolvedHttpOptions } from './options.ts'

/** Fastify with request and response types taken from the TypeBox schemas of a route. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** A value of the configuration; secrets are masked. */
export interface ConfigurationValue {
  readonly path: string
  readonly value: unknown
  /** Where it comes from, for people: a file and its line, a variable, a flag, or `default`. */
  readonly source: string
}

/** The services that the interface calls. */
export interface HttpServices {
  readonly faceWatcher: FaceWatcher
  /** Keeps answers for requests that are sent again with the same Idempotency-Key. */
  readonly answers: AnswerStore
  /** The API keys of the database. */
  readonly keys: Keys
  /** The sessions of browsers. */
  readonly sessions: Sessions
  /** Sign-in by OpenID Connect; absent where there is no provider. */
  readonly oidc?: OidcSignIn & { readonly name: string }
  /** Bearer tokens of an issuer; absent where none is trusted. */
  readonly tokens?: Tokens
  /** Who did what. */
  readonly audit: Audit
  /** Where refusals and exports are entered. */
  readonly auditLog: Pick<AuditLog, 'note' | 'tally'>
  /** The long operations of the database. */
  readonly jobs: Jobs
  /** The configuration in force; absent where it is not the server's program that runs. */
  readonly configuration?: () => readonly ConfigurationValue[]
}

/** The services and options that every route works with. */
export interface RouteContext extends HttpServices {
  readonly options: ResolvedHttpOptions
}

/** The phase of its life that the server is in; changed by `server.ts` only. */
export interface Lifecycle {
  phase: 'serving' | 'draining' | 'closing'
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly lifecycle: Lifecycle
    /** What each route needs, by method and pattern. */
    readonly routeScopes: ReadonlyMap<string, ScopeOrPublic>
    readonly keyCheck: KeyCheck
    /** Whether nobody is asked who calls. */
    readonly isOpen: () => Promise<boolean>
    /** Who asks. @throws what the answer to nobody is */
    readonly identifyCaller: (request: FastifyRequest, reply: FastifyReply) => Promise<Principal>
  }
  interface FastifyRequest {
    /** Who asks; null on public routes. */
    principal: Principal | null
    /** The session that the caller has signed in with, and its cookie; null where none was asked for. */
    session: (Session & { readonly token: string }) | null
    /** The use cases for who asks; not on public routes. */
    faceWatcher: FaceWatcher
  }
  interface FastifyReply {
    /** Set by a handler; sent as Server-Timing and counted by the metrics. */
    timings: Timings | null
  }
  interface FastifyContextConfig {
    /** The answer goes on until its client or the server ends it. */
    readonly isEventStream?: boolean
    /** What a caller has to have. Every route declares it. */
    scope?: ScopeOrPublic
    /** The set-up key may call it; see [Note: Set-up key] in access/set-up-key.ts. */
    readonly setUp?: boolean
    /** It tells of the whole server, or changes it: a key for some collections is refused. */
    readonly wholeServer?: boolean
    /** File fields of the multipart form and their OpenAPI schema; absent where only JSON is read. */
    multipart?: MultipartForm
  }
}

export interface MultipartForm {
  /** Names of the file fields. */
  readonly fields: readonly string[]
  /** JSON schema of the whole form, for the OpenAPI document. */
  readonly schema: Readonly<Record<string, unknown>>
}
