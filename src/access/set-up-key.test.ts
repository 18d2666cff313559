import { expect, it, vi } from 'vitest'
import type { Keys } from './keys.ts'
import { setUpKeyMs, withSetUpKey } from './set-up-key.ts'

function makeKeys() {
  let hasKeys = false
  const create = vi.fn(async () => {
    hasKeys = true
    return { id: 'K1', key: 'fw_1' } as never
  })
  const keys = {
    as: () => keys,
    create,
    areRequired: async () => hasKeys,
    authenticateHash: async () => undefined,
  } as unknown as Keys
  return { keys, create, giveKey: () => (hasKeys = true) }
}

const admin = { name: 'ann', scopes: ['admin'] }

it('makes the first key, which may do everything, and no other', async () => {
  const { keys: given, create } = makeKeys()
  const { keys, setUpKey } = withSetUpKey(given)
  expect([await keys.areRequired(), keys.wereRequired()]).toEqual([true, true])
  const principal = await keys.authenticate(setUpKey)
  expect(principal).toMatchObject({ scopes: [], isSetUp: true })
  if (principal === undefined) return
  const bound = keys.as({ actor: principal.actor })
  for (const input of [
    { name: 'a', scopes: ['identify'] },
    { ...admin, collections: ['door'] },
  ]) {
    await expect(bound.create(input)).rejects.toMatchObject({ code: 'invalidOption' })
  }
  const asked = await Promise.allSettled([bound.create(admin), bound.create(admin)])
  expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(create).toHaveBeenCalledTimes(1)
  expect(await keys.authenticate(setUpKey)).toBeUndefined()
  await expect(bound.create(admin)).rejects.toMatchObject({ code: 'unauthorized' })
})

it('stays when the key could not be made', async () => {
  const { keys: given, create } = makeKeys()
  const { keys, setUpKey } = withSetUpKey(given)
  create.mockRejectedValueOnce(new Error('full'))
  const principal = await keys.authenticate(setUpKey)
  const bound = keys.as({ actor: principal?.actor as never })
  await expect(bound.create(admin)).rejects.toThrow('full')
  await bound.create(admin)
})

it('ends after half an hour, and with a key that is made elsewhere; a key is still asked for', async () => {
  let time = 0
  const late = withSetUpKey(makeKeys().keys, () => time)
  time = setUpKeyMs - 1
  expect(await late.keys.authenticate(late.setUpKey)).toBeDefined()
  time++
  expect(await late.keys.authenticate(late.setUpKey)).toBeUndefined()
  expect(await late.keys.areRequired()).toBe(true)

  const { keys: given, giveKey } = makeKeys()
  const { keys, setUpKey } = withSetUpKey(given)
  giveKey()
  expect(await keys.authenticate(setUpKey)).toBeUndefined()
  expect(await keys.authenticate('no key')).toBeUndefined()
})
