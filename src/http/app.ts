import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { FaceError } from '../core/errors.ts'
import { registerSeedRoutes } from './compat/seed.ts'
import { createBoundedServer, registerAnswerLimits } from './intake/connections.ts'
import { registerHeldUploads } from './intake/held-uploads.ts'
import { registerJsonBodies } from './intake/json-body.ts'
import { type HttpOptions, resolveHttpOptions } from './options.ts'
import { registerPage } from './page.ts'
import { registerAccess, toAskedKeys } from './plugins/access.ts'
import { registerMetrics } from './plugins/metrics.ts'
import { registerOpenApi } from './plugins/openapi.ts'
import { answerClientError, registerProblems, sendProblem } from './plugins/problems.ts'
import { registerQuotas } from './plugins/rate-limits.ts'
import { registerRefusals } from './plugins/refusals.ts'
import { createRequestId, registerRequestContext } from './plugins/request-context.ts'
import { registerContentTypes, registerSecurity } from './plugins/security.ts'
import { createSerializers } from './plugins/serializers.ts'
import { compileValidator } from './plugins/validation.ts'
import { registerAnalysisRoutes } from './resources/analysis/routes.ts'
import { registerAuditRoutes } from './resources/audit/routes.ts'
import { registerCollectionModelRoutes } from './resources/collections/models.ts'
import { registerRetentionRoutes } from './resources/collections/retention.ts'
import { registerCollectionRoutes } from './resources/collections/routes.ts'
import { registerBulkRoute } from './resources/enrolment/bulk.ts'
import { registerEvaluationRoute } from './resources/evaluations/routes.ts'
import { registerExaminationRoutes } from './resources/examination/routes.ts'
import { registerFaceRoutes } from './resources/faces/routes.ts'
import { registerSetAsideRoutes } from './resources/faces/set-aside.ts'
import { registerCorrectionRoutes } from './resources/history/corrections.ts'
import { registerHistoryRoutes } from './resources/history/routes.ts'
import { registerJobRoutes } from './resources/jobs/routes.ts'
import { registerKeyRoutes } from './resources/keys/routes.ts'
import { registerBulkPersonRoutes } from './resources/persons/bulk.ts'
import { registerPersonExportRoutes } from './resources/persons/export.ts'
import { registerPersonRoutes } from './resources/persons/routes.ts'
import { registerProviderRoutes } from './resources/session/provider.ts'
import { registerSessionRoutes } from './resources/session/routes.ts'
import { registerStatementRoutes } from './resources/statements/routes.ts'
import { registerStrangerRoutes } from './resources/strangers/routes.ts'
import { registerSeekRoutes } from './resources/strangers/seek.ts'
import { registerStrangerVerbRoutes } from './resources/strangers/verbs.ts'
import { registerModelInstallRoute } from './resources/system/model-install.ts'
import { registerOperatorRoutes } from './resources/system/operator.ts'
import { registerHealthRoutes, registerSystemRoutes } from './resources/system/routes.ts'
import { registerVerifyRoute } from './resources/verify/routes.ts'
import type { App, HttpServices, Lifecycle } from './types.ts'

/** Ids are ULIDs and names of collections short; longer path segments are nothing that exists. */
const maxParamLength = 256

/**
 * Keeps keys and cookies out of the log: the multipart plugin logs its options with all headers of
 * the request at level `trace`. Serializers add to those of the caller's logger; `redact` of a child
 * would replace what the caller has redacted.
 */
const logSerializers = {
  headers: () => '[left out]',
  busboyOptions: ({ headers: _, ...rest }: { readonly headers?: unknown }) => rest,
}

/**
 * The HTTP interface of a Face Watcher, ready for requests but not listening.
 *
 * The caller keeps the services and closes them after the application.
 */
export async function createApp(
  given: HttpServices,
  httpOptions: HttpOptions = {},
): Promise<FastifyInstance> {
  const services = { ...given, keys: toAskedKeys(given) }
  const options = resolveHttpOptions(httpOptions)
  const context = { ...services, options }
  const app = createFastify(options)
  const lifecycle: Lifecycle = { phase: 'serving' }
  app.decorate('lifecycle', lifecycle)

  const problems = registerProblems(app)
  registerRequestContext(app)
  registerRefusals(app, services.auditLog)
  const metrics = registerMetrics(app, services)
  await registerSecurity(app, services.keys, options)
  await registerAccess(app, services, options)
  registerQuotas(app)
  registerAnswerLimits(app, options)
  registerHeldUploads(app, options)
  app.removeContentTypeParser('text/plain')
  registerJsonBodies(app)
  await app.register(multipart, { throwFileSizeLimit: false })
  await registerOpenApi(app, options)

  registerHealthRoutes(app, context)
  await registerPage(app, options.webRoot)
  await app.register(async (scope: App) => {
    scope.addHook('onRequest', async () => {
      if (lifecycle.phase === 'closing') {
        throw new FaceError('notReady', { detail: 'The server is stopping.' })
      }
    })
    // By the route and not by the address, which may be encoded or in absolute form.
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    registerContentTypes(scope)
    registerSeedRoutes(scope, context)
    registerAnalysisRoutes(scope, context)
    registerVerifyRoute(scope, context)
    registerCollectionRoutes(scope)
    registerCollectionModelRoutes(scope, context)
    registerPersonRoutes(scope, context)
    registerBulkPersonRoutes(scope)
    registerPersonExportRoutes(scope, context)
    registerFaceRoutes(scope, context)
    registerCorrectionRoutes(scope)
    registerSetAsideRoutes(scope)
    registerHistoryRoutes(scope)
    registerStatementRoutes(scope, context)
    registerStrangerRoutes(scope)
    registerStrangerVerbRoutes(scope)
    registerSeekRoutes(scope, context)
    registerExaminationRoutes(scope, context)
    registerRetentionRoutes(scope, context)
    registerBulkRoute(scope, context)
    registerEvaluationRoute(scope, context)
    registerKeyRoutes(scope, context)
    registerSessionRoutes(scope, context)
    registerProviderRoutes(scope, context)
    registerAuditRoutes(scope, context)
    registerJobRoutes(scope, context)
    registerSystemRoutes(scope, metrics)
    registerModelInstallRoute(scope, context)
    registerOperatorRoutes(scope, context, problems)
  })
  await app.ready()
  return app as unknown as FastifyInstance
}

function createFastify(options: ReturnType<typeof resolveHttpOptions>): App {
  const { trustProxy, logger } = options
  const app = Fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    requestIdHeader: false,
    // One line a request is written by `registerRequestContext`.
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    childLoggerFactory: (parent, bindings, childOptions) =>
      parent.child(bindings, {
        ...childOptions,
        serializers: { ...childOptions.serializers, ...logSerializers },
      }),
    genReqId: createRequestId,
    schemaController: { compilersFactory: { buildSerializer: createSerializers() } },
    serverFactory: (handler) => createBoundedServer(handler, options),
    return503OnClosing: false,
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    routerOptions: { maxParamLength },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply)
    },
  })
  app.setValidatorCompiler(compileValidator)
  return app as unknown as App
}
