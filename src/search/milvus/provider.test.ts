import { expect, it, vi } from 'vitest'
import { createMilvusProvider } from './provider.ts'

vi.mock('@zilliz/milvus2-sdk-node', () => {
  throw new Error('Cannot find package')
})

it('says how to install the client of Milvus when it is missing', async () => {
  const provider = createMilvusProvider({ address: '127.0.0.1:1' })
  await expect(provider.open('c1', 8)).rejects.toMatchObject({
    code: 'indexKindUnavailable',
    detail: expect.stringContaining('npm install @zilliz/milvus2-sdk-node'),
  })
  await provider.close()
})
