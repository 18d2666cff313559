import { afterAll, beforeAll, describe } from 'vitest'
import { createMilvusProvider } from '../../src/search/milvus/provider.ts'
import { newMilvusPrefix, openTestMilvus, type TestMilvus, whyNoMilvus } from '../servers/milvus.ts'
import { describeVectorIndexContract } from './vector-index.ts'

const skipReason = whyNoMilvus({ own: false })

const name = `Milvus${skipReason ? ` (${skipReason})` : ''}`

// Milvus takes seconds to make a collection, and all tests make some.
describe.skipIf(skipReason)(name, { timeout: 300_000 }, () => {
  let server: TestMilvus
  /** A test's folder stands for its data: there it finds again what it left in the server. */
  const prefixes = new Map<string, string>()

  beforeAll(async () => {
    server = await openTestMilvus()
  })

  afterAll(async () => {
    await server?.stop()
  })

  describeVectorIndexContract(
    'milvus',
    async (directory) => {
      const prefix = prefixes.get(directory) ?? newMilvusPrefix()
      prefixes.set(directory, prefix)
      return createMilvusProvider({ address: server.address, prefix, indexType: 'FLAT' })
    },
    // Float32 sums, to 6 decimals; creating a collection takes seconds.
    { tolerance: 1e-5, live: true, runs: 8 },
  )
})
