import { type MongoClient, MongoError, MongoNetworkError } from 'mongodb'
import { describe, expect, it, vi } from 'vitest'
import { createTransactions } from './transactions.ts'

/** A client whose sessions commit as the driver's do, after failing with each of the errors once. */
function createClient(commitErrors: readonly Error[]) {
  const waiting = [...commitErrors]
  const commitTransaction = vi.fn(async () => {
    const error = waiting.shift()
    if (error) throw error
  })
  const session = {
    startTransaction: vi.fn(),
    // The driver takes a transaction for ended when a commit failed.
    inTransaction: () => false,
    commitTransaction,
    endSession: async () => {},
  }
  return { client: { startSession: () => session } as unknown as MongoClient, commitTransaction }
}

function withLabel(label: string): MongoError {
  const error = new MongoNetworkError('connection closed')
  error.addErrorLabel(label)
  return error
}

describe('a commit', () => {
  it.each([
    ['whose answer did not come', withLabel('UnknownTransactionCommitResult')],
    ['whose socket was closed', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
    [
      'over whose error the driver stumbles',
      new TypeError('error.hasErrorLabel is not a function'),
    ],
  ])('%s is sent again, and its transaction is not', async (_, error) => {
    const { client, commitTransaction } = createClient([error, error])
    const body = vi.fn(async () => 'done')
    expect(await createTransactions(client, 5000).transact(body)).toBe('done')
    expect(body).toHaveBeenCalledTimes(1)
    expect(commitTransaction).toHaveBeenCalledTimes(3)
  })

  it('that the server refused is not sent again', async () => {
    const refused = new MongoError('refused')
    const { client, commitTransaction } = createClient([refused])
    const transact = createTransactions(client, 5000).transact(async () => 'done')
    await expect(transact).rejects.toBe(refused)
    expect(commitTransaction).toHaveBeenCalledTimes(1)
  })

  it('of which nothing is known in the end is answered with 503', async () => {
    const error = new TypeError('error.hasErrorLabel is not a function')
    const { client } = createClient(Array(100_000).fill(error))
    const transact = createTransactions(client, 20).transact(async () => 'done')
    await expect(transact).rejects.toMatchObject({ code: 'storeUnavailable' })
  })
})

describe('those that run', () => {
  it('are waited for before the client closes, also when they fail', async () => {
    const { client } = createClient([])
    const transactions = createTransactions(client, 5000)
    const ends: (() => void)[] = []
    const body = () => new Promise<void>((resolve) => ends.push(resolve))
    const done = transactions.transact(body)
    const failed = transactions.transact(async () => {
      await body()
      throw new MongoError('refused')
    }, 'a person')
    failed.catch(() => {})
    let settled = false
    const all = transactions.settled().then(() => {
      settled = true
    })
    await expect.poll(() => ends.length).toBe(2)
    ends[0]!()
    await done
    expect(settled).toBe(false)
    ends[1]!()
    await all
    await transactions.settled()
  })
})
