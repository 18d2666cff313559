import { expect, it } from 'vitest'
import { expectCode } from '../../test/helpers/expect-code.ts'
import { createKeyCheck } from './key-check.ts'
import { generateKey, hashKey } from './keys.ts'
import type { Principal } from './principal.ts'

const made = generateKey()
const principal: Principal = {
  actor: { kind: 'apiKey', id: 'k', name: 'door' },
  scopes: ['identify'],
}
const chosen = 'a sentence that somebody chose'

function setUp() {
  const clock = { ms: 0 }
  const asked: string[] = []
  const check = createKeyCheck({
    keys: {
      authenticateHash: async (hash) => {
        asked.push(hash)
        return hash === made.hash ? principal : undefined
      },
    },
    configured: [hashKey(chosen)],
    now: () => clock.ms,
  })
  return { clock, check, asked }
}

it('finds keys of the database and of the configuration', async () => {
  const { check } = setUp()
  for (const look of [check.check, check.checkEntered]) {
    expect(await look(made.key, '192.0.2.1')).toEqual(principal)
    expect(await look(chosen, '192.0.2.1')).toMatchObject({ actor: { kind: 'configuredKey' } })
    expect(await look('another', '192.0.2.1')).toBeUndefined()
  }
})

it('compares no more with keys that somebody chose when a caller has failed five times', async () => {
  const { check, clock } = setUp()
  for (let i = 0; i < 5; i++) {
    expect(await check.check(`guess ${i} of a key`, '192.0.2.1')).toBeUndefined()
  }
  await expectCode(check.check(chosen, '192.0.2.1'), 'tooManyAttempts')
  // Neither another caller nor a key that cannot be guessed has to wait.
  expect(await check.check(chosen, '192.0.2.2')).toBeDefined()
  expect(await check.checkEntered(made.key, '192.0.2.1')).toEqual(principal)
  // It has been right since.
  expect(await check.check(chosen, '192.0.2.1')).toBeDefined()
  await expectCode(check.check('one more guess', '192.0.2.1'), 'tooManyAttempts')
  clock.ms = 1000
  expect(await check.check('one more guess', '192.0.2.1')).toBeUndefined()
})

it('counts the beginning of a key over many callers, and leaves those alone who have not failed', async () => {
  const { check } = setUp()
  const wrong = `${made.key.slice(0, 12)}${'x'.repeat(34)}`
  for (let i = 0; i < 5; i++) await check.checkEntered(wrong, `192.0.2.${i}`)
  await expectCode(check.checkEntered(wrong, '192.0.2.1'), 'tooManyAttempts')
  expect(await check.checkEntered(made.key, '192.0.2.1')).toEqual(principal)
  expect(await check.checkEntered(wrong, '192.0.2.99')).toBeUndefined()
})

it('answers requests with wrong keys of the right form as before, however many', async () => {
  const { check, asked } = setUp()
  for (let i = 0; i < 20; i++) {
    expect(await check.check(generateKey().key, '192.0.2.1')).toBeUndefined()
  }
  expect(asked).toHaveLength(20)
})
