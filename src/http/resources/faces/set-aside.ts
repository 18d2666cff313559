import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { maxComparedFaces } from '../../../recognition/examination/person-quality.ts'
import type { FacesTakenBack, FacesToSetAside } from '../../../recognition/set-aside.ts'
import { maxMovedFaces } from '../../../storage/ports/faces.ts'
import {
  type FacesChanged,
  type SetAsideOutcome,
  setAsideOutcomes,
  takeBackOutcomes,
} from '../../../storage/ports/set-aside.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { type Component, component, ref } from '../component.ts'
import { Face, Person } from '../gallery-schemas.ts'
import { faceParams, pageOf, pageQuery, personParams } from '../shared.ts'

const faceIds = Type.Array(Type.String({ maxLength: 100 }), {
  minItems: 1,
  maxItems: maxMovedFaces,
  uniqueItems: true,
  description: 'Ids of faces of the person.',
})

const setAsideBody = Type.Object(
  {
    faceIds: Type.Optional(faceIds),
    cap: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxComparedFaces,
        description:
          'Instead of ids: how many faces the person keeps; of the others at most 1,000 are set aside at once, the most redundant first.',
      }),
    ),
  },
  { additionalProperties: false, oneOf: [{ required: ['faceIds'] }, { required: ['cap'] }] },
)

const restoreBody = Type.Object({ faceIds }, { additionalProperties: false })

const dryRunQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({ description: 'Changes nothing: the answer says what would be done.' }),
    ),
  },
  { additionalProperties: false },
)

const entryId = Type.Optional(
  Type.String({ description: 'In the history; absent when nothing changed.' }),
)

/** The answer of setting faces aside. */
type Changed = FacesChanged<SetAsideOutcome>

const FacesSetAside: Component<Changed> = component<Changed>('FacesSetAside').of(
  Type.Object(
    {
      person: ref(Person),
      faces: Type.Array(
        Type.Object({
          faceId: Type.String(),
          outcome: Type.Enum([...setAsideOutcomes], {
            type: 'string',
            description:
              '`stated`: it stays, as a rejection or a confirmation was said of it. `withinCap`: it stays, as the person has no more faces by now.',
          }),
        }),
      ),
      entryId,
    },
    { description: 'The person as afterwards, and what became of each face.' },
  ),
)

const FacesRestored: Component<FacesTakenBack> = component<FacesTakenBack>('FacesRestored').of(
  Type.Object(
    {
      person: ref(Person),
      faces: Type.Array(
        Type.Object({
          faceId: Type.String(),
          outcome: Type.Enum([...takeBackOutcomes], {
            type: 'string',
            description:
              '`sameImage`: it stays set aside, as the person has a face of the same place in the same photograph.',
          }),
        }),
      ),
      missingEmbedding: Type.Array(Type.String(), {
        description:
          'Ids of faces that no search finds all the same: the collection answers with another model by now, and no crop is stored that it can embed.',
      }),
      entryId,
    },
    { description: 'The person as afterwards, and what became of each face.' },
  ),
)

/** Components of the answers here. */
export const setAsideComponents = [FacesSetAside, FacesRestored] as const

function toWhich({ faceIds: ids, cap }: Static<typeof setAsideBody>): FacesToSetAside {
  return ids === undefined ? { cap } : { faceIds: ids }
}

/** `.../persons/{person}/set-aside`, its crops, and `.../restore`. */
export function registerSetAsideRoutes(app: App): void {
  const tags = ['faces']
  const url = '/v1/collections/:collection/persons/:person/set-aside'
  const notFound = ['collectionNotFound', 'personNotFound'] as const

  app.route({
    method: 'POST',
    url,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'setFacesAside',
      tags,
      summary: 'Set faces of a person aside',
      description:
        'Those that are named, or those beyond a cap that the person can best do without, as one change. They are out of every search, list and count, and stay as long as the person, until they are put back.',
      params: personParams,
      querystring: dryRunQuery,
      body: setAsideBody,
      response: { 200: ref(FacesSetAside), ...problemResponses('invalidOption', ...notFound) },
    },
    handler: async ({ params: { collection, person }, query, body, faceWatcher }) => {
      const { dryRun = false } = query
      return faceWatcher.setAside.add(collection, person, toWhich(body), { dryRun })
    },
  })

  app.route({
    method: 'GET',
    url,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listFacesSetAside',
      tags,
      summary: 'List the faces of a person that are set aside',
      params: personParams,
      querystring: pageQuery,
      response: { 200: pageOf(Face), ...problemResponses('invalidCursor', ...notFound) },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.setAside.list(params.collection, params.person, query),
  })

  app.route({
    method: 'POST',
    url: `${url}/restore`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'restoreFacesSetAside',
      tags,
      summary: 'Put faces back that are set aside',
      description:
        'All that can be put back, as one change. When this answers, searches find them.',
      params: personParams,
      body: restoreBody,
      response: { 200: ref(FacesRestored), ...problemResponses('invalidOption', ...notFound) },
    },
    handler: async ({ params: { collection, person }, body, faceWatcher }) =>
      faceWatcher.setAside.restore(collection, person, body.faceIds),
  })

  app.route({
    method: 'GET',
    url: `${url}/:face/crop`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getSetAsideCrop',
      tags,
      summary: 'Get the stored crop of a face that is set aside',
      params: faceParams,
      response: {
        200: {
          description: 'A JPEG file.',
          content: { 'image/jpeg': { schema: Type.Unsafe({ type: 'string', format: 'binary' }) } },
        },
        ...problemResponses(...notFound, 'faceNotFound', 'notFound'),
      },
    },
    handler: async ({ params: { collection, person, face }, faceWatcher }, reply) => {
      const crop = await faceWatcher.setAside.crop(collection, person, face)
      if (!crop) {
        throw new FaceError('notFound', { detail: 'No crop is stored for this face.' })
      }
      reply.type('image/jpeg')
      return reply.send(Buffer.from(crop.buffer, crop.byteOffset, crop.byteLength) as never)
    },
  })
}
