import { expect, it } from 'vitest'
import { makeEmbedding } from '../../../test/helpers/faces.ts'
import { dotProduct } from '../../core/similarity.ts'
import { createTemplateSecrets } from './template-secrets.ts'

const first = 'the first secret of 32 characters'
const second = 'another secret, with 32 characters'
const of = { collectionId: '01M8Q3J3K23NQRVRDAKNKA2GPA', modelId: 'm', dimension: 64 }

it('rotates in the same way on every node, and in another way for each collection, model and secret', () => {
  const secrets = createTemplateSecrets([first])
  const secretId = secrets.newestId
  const embedding = makeEmbedding(1, 64)
  const rotated = secrets.rotation({ ...of, secretId }).rotate(embedding)
  const again = createTemplateSecrets([second, first])
  expect(again.newestId).not.toBe(secretId)
  expect(again.rotation({ ...of, secretId }).rotate(embedding)).toEqual(rotated)
  const others = [
    secrets.rotation({ ...of, secretId, collectionId: '01M8Q3J3K23NQRVRDAKNKA2GPB' }),
    secrets.rotation({ ...of, secretId, modelId: 'n' }),
    again.rotation({ ...of, secretId: again.newestId }),
  ]
  // Of independent unit vectors of 64 values the similarity is within 0.5 but once in 15,000 times.
  for (const rotation of others) {
    expect(Math.abs(dotProduct(rotation.rotate(embedding), rotated))).toBeLessThan(0.5)
  }
})

it('tells no secret by its id, and knows only its own', () => {
  const secrets = createTemplateSecrets([first])
  expect(secrets.newestId).toMatch(/^[0-9a-f]{16}$/)
  expect([secrets.has(secrets.newestId), secrets.has('0123456789abcdef')]).toEqual([true, false])
  expect(() => secrets.rotation({ ...of, secretId: '0123456789abcdef' })).toThrow(
    expect.objectContaining({ code: 'templateSecretMissing' }),
  )
})

it('makes a rotation again that it has not kept', () => {
  const secrets = createTemplateSecrets([first])
  const { newestId: secretId } = secrets
  const embedding = makeEmbedding(1, 64)
  const rotate = (modelId: string) =>
    secrets.rotation({ ...of, secretId, modelId }).rotate(embedding)
  const rotated = rotate('m')
  for (let i = 0; i < 40; i++) rotate(`other ${i}`)
  expect(rotate('m')).toEqual(rotated)
})
