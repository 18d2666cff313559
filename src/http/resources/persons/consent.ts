import { Type } from 'typebox'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { Person } from '../gallery-schemas.ts'
import { nameEntry } from '../history/entry-header.ts'
import { personParams } from '../shared.ts'
import { ifMatchHeaders, toCondition, toETag } from './revision.ts'

/** `POST .../persons/{person}/withdraw-consent`. */
export function registerConsentRoutes(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/:person/withdraw-consent',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'withdrawConsent',
      tags: ['persons'],
      summary: 'Withdraw the consent of a person',
      description:
        'From then on the person is found by no search and verified by none, at any node, unless the collection keeps those whose consent ended. A consent that was withdrawn stays as it is. It cannot be undone: consent is given again by a change of the person.',
      params: personParams,
      headers: ifMatchHeaders,
      body: Type.Object(
        {
          at: Type.Optional(
            Type.String({ format: 'date-time', description: 'From when; default: now.' }),
          ),
        },
        { additionalProperties: false },
      ),
      response: {
        200: ref(Person),
        ...problemResponses(
          'invalidOption',
          'collectionNotFound',
          'personNotFound',
          'consentRequired',
          'revisionMismatch',
        ),
      },
    },
    handler: async ({ params, body, headers, faceWatcher }, reply) => {
      const options = { ...body, ...toCondition(headers['if-match']) }
      const { collection, person: id } = params
      const changed = await faceWatcher.persons.withdrawConsent(collection, id, options)
      const { entryId, ...person } = changed
      nameEntry(reply, { entryId })
      reply.header('etag', toETag(person))
      return person
    },
  })
}
