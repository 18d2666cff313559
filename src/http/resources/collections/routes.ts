import { Type } from 'typebox'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { Collection, CollectionDetails, ThresholdsForRates } from '../gallery-schemas.ts'
import {
  consentRuleInput,
  consentRulePatch,
  RetentionRules,
  retentionPatch,
} from '../persons/consent-fields.ts'
import { gatesInput, gatesPatch } from '../quality-gates.ts'
import { collectionParams, noContent, pageOf, pageQuery } from '../shared.ts'
import { keepUnknownInput, keepUnknownPatch } from '../strangers/keep-unknown.ts'
import { policyInput, policyPatch, rate } from './policy.ts'

const nameSchema = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,63}$',
  description: 'Its address: a-z, 0-9, "_" and "-", at most 64.',
  examples: ['employees'],
})

const collectionInput = Type.Object(
  {
    name: nameSchema,
    modelId: Type.Optional(
      Type.String({ description: 'An embedder; a migration can replace it later.' }),
    ),
    policy: Type.Optional(policyInput),
    storeCrops: Type.Optional(Type.Boolean({ description: 'Default false.' })),
    qualityGates: Type.Optional(gatesInput),
    keepUnknown: Type.Optional(keepUnknownInput),
    consent: Type.Optional(consentRuleInput),
    retention: Type.Optional(RetentionRules),
  },
  { additionalProperties: false },
)

const collectionPatch = Type.Object(
  {
    name: Type.Optional(nameSchema),
    policy: Type.Optional(policyPatch),
    storeCrops: Type.Optional(Type.Boolean()),
    qualityGates: Type.Optional(gatesPatch),
    keepUnknown: Type.Optional(keepUnknownPatch),
    consent: Type.Optional(consentRulePatch),
    retention: Type.Optional(retentionPatch),
  },
  { additionalProperties: false, minProperties: 1 },
)

const thresholdsQuery = Type.Object(
  {
    maxFpir: Type.Array(rate('A rate as `maxFpir` of a policy; may be repeated.'), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  { additionalProperties: false },
)

/** `/v1/collections` and `/v1/collections/{collection}`. */
export function registerCollectionRoutes(app: App): void {
  const tags = ['collections']

  app.route({
    method: 'GET',
    url: '/v1/collections',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listCollections',
      tags,
      summary: 'List collections',
      querystring: pageQuery,
      response: { 200: pageOf(Collection), ...problemResponses('invalidCursor') },
    },
    handler: async (request) => request.faceWatcher.collections.list(request.query),
  })

  app.route({
    method: 'POST',
    url: '/v1/collections',
    config: { scope: 'collections:write' },
    schema: {
      operationId: 'createCollection',
      tags,
      summary: 'Create a collection',
      body: collectionInput,
      response: {
        201: ref(Collection),
        ...problemResponses('invalidName', 'invalidOption', 'collectionExists', 'unknownModel'),
      },
    },
    handler: async (request, reply) => {
      const created = await request.faceWatcher.collections.create(request.body)
      return reply.code(201).header('location', `/v1/collections/${created.name}`).send(created)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getCollection',
      tags,
      summary: 'Get a collection, its counts, the thresholds in force and how alike its people are',
      params: collectionParams,
      response: { 200: ref(CollectionDetails), ...problemResponses('collectionNotFound') },
    },
    handler: async (request) => request.faceWatcher.collections.get(request.params.collection),
  })

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/thresholds',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getThresholds',
      tags,
      summary: 'Tell which thresholds rates would give, and what they would miss',
      description: 'For a collection as large as it is now. Nothing is changed.',
      params: collectionParams,
      querystring: thresholdsQuery,
      response: {
        200: ref(ThresholdsForRates),
        ...problemResponses('invalidOption', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.collections.thresholdsFor(params.collection, query.maxFpir),
  })

  app.route({
    method: 'PATCH',
    url: '/v1/collections/:collection',
    config: { scope: 'collections:write' },
    schema: {
      operationId: 'updateCollection',
      tags,
      summary: 'Change how a collection decides and enrols, or its name',
      description:
        'After a new name, the collection is at the address of that name only; API keys that are for this collection stay so.',
      params: collectionParams,
      body: collectionPatch,
      response: {
        200: ref(Collection),
        ...problemResponses(
          'invalidName',
          'invalidOption',
          'forbidden',
          'collectionNotFound',
          'collectionExists',
        ),
      },
    },
    handler: async (request) =>
      request.faceWatcher.collections.update(request.params.collection, request.body),
  })

  app.route({
    method: 'DELETE',
    url: '/v1/collections/:collection',
    config: { scope: 'collections:write' },
    schema: {
      operationId: 'deleteCollection',
      tags,
      summary: 'Delete a collection with its persons and faces',
      params: collectionParams,
      response: { 204: noContent, ...problemResponses('forbidden', 'collectionNotFound') },
    },
    handler: async (request, reply) => {
      await request.faceWatcher.collections.delete(request.params.collection)
      return reply.code(204).send()
    },
  })
}
