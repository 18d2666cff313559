import { expect, it } from 'vitest'
import type { CallContext } from '../core/actor.ts'
import type { Database } from '../storage/database.ts'
import { commandLineActor, forCommandLine } from './actor.ts'

it('has a command write as the user who runs it', () => {
  const asked: CallContext[] = []
  const persons = {}
  const store = {
    persons: {},
    as(context: CallContext) {
      asked.push(context)
      return { persons }
    },
    close: async () => {},
  } as unknown as Database
  const bound = forCommandLine(store)
  expect(asked).toEqual([{ actor: commandLineActor() }])
  expect(asked[0]?.actor).toMatchObject({ kind: 'commandLine' })
  expect(bound.persons).toBe(persons)
  expect(bound.close).toBe(store.close)
})
