import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { commandLineActor } from './actor.ts'

it('has a command write as the user who runs it', () => {
  const { username } = userInfo()
  expect(commandLineActor()).toMatchObject({ kind: 'commandLine', name: username })
})
