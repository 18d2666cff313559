import { FaceError } from '../../../core/errors.ts'
import { version } from '../../../version.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { RecentProblems as Recent } from '../../plugins/recent-problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { Configuration, RecentProblems, ServerStatusSchema } from './schema.ts'

const tags = ['system']

/** `/v1/status`, `/v1/configuration` and `/v1/problems`: for who runs the server. */
export function registerOperatorRoutes(
  app: App,
  { configuration }: RouteContext,
  problems: Recent,
): void {
  const startedAt = new Date().toISOString()

  app.route({
    method: 'GET',
    url: '/v1/status',
    config: { scope: 'system:read' },
    schema: {
      operationId: 'getStatus',
      tags,
      summary: 'What the server does and holds',
      description: 'Also where it is not ready, with the reasons.',
      response: { 200: ref(ServerStatusSchema), ...problemResponses() },
    },
    handler: async ({ faceWatcher }) => ({
      ...{ version: version(), node: process.version, startedAt },
      ...(await faceWatcher.status()),
    }),
  })

  app.route({
    method: 'GET',
    url: '/v1/configuration',
    config: { scope: 'admin', wholeServer: true },
    schema: {
      operationId: 'getConfiguration',
      tags,
      summary: 'The configuration in force, with where each value comes from',
      description:
        'Secrets are masked. 404 where the server is a part of another program, which has no configuration of its own.',
      response: { 200: ref(Configuration), ...problemResponses('notFound') },
    },
    handler: async () => {
      if (configuration === undefined) throw new FaceError('notFound')
      return { items: [...configuration()] }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/problems',
    config: { scope: 'system:read', wholeServer: true },
    schema: {
      operationId: 'listRecentProblems',
      tags,
      summary: 'The errors that were answered last, newest first',
      description:
        'Of this process since its start: at most 100 faults (500 and more) and 100 others. The log tells more about a request; its id is here.',
      response: { 200: ref(RecentProblems), ...problemResponses() },
    },
    handler: async () => ({ items: [...problems.list()] }),
  })
}
