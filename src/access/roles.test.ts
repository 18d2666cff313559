import { describe, expect, it } from 'vitest'
import { FaceError } from '../core/errors.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { builtInRoles, createRoles, isGrantable, type OwnRole } from './roles.ts'
import { scopes } from './scopes.ts'

const actor = { kind: 'signedIn', id: 'i', name: 'Ann' } as const
const own: readonly OwnRole[] = [
  { name: 'desk', scopes: ['identify'], collections: ['door', 'gone'] },
  { name: 'lost', scopes: ['identify'], collections: ['gone'] },
  { name: 'enroller', scopes: ['enroll'], collections: [] },
]

function setUp() {
  const asked: string[] = []
  const clock = { ms: 0 }
  const roles = createRoles({
    own,
    collections: {
      async get(name) {
        asked.push(name)
        if (name !== 'door') throw new FaceError('collectionNotFound')
        return { id: 'D' } as Collection
      },
    },
    now: () => clock.ms,
  })
  return { roles, asked, clock }
}

describe('roles', () => {
  it('give what is theirs, where it is theirs', async () => {
    const { roles } = setUp()
    expect(await roles.toPrincipal(actor, ['desk'])).toEqual({
      ...{ actor, scopes: ['identify'], collectionIds: ['D'] },
    })
    expect(await roles.toPrincipal(actor, ['desk', 'enroller', 'desk'])).toEqual({
      actor,
      scopes: ['identify', 'enroll'],
      grants: [{ scopes: ['identify'], collectionIds: ['D'] }, { scopes: ['enroll'] }],
    })
    expect((await roles.toPrincipal(actor, ['viewer']))?.scopes).toContain('people:read')
    expect(await roles.toPrincipal(actor, ['watch'])).toEqual({ actor, scopes: ['watch'] })
  })

  it('give nothing where nothing of them is there', async () => {
    const { roles } = setUp()
    for (const names of [[], ['lost'], ['root'], ['constructor'], ['__proto__']]) {
      expect(await roles.toPrincipal(actor, names)).toBeUndefined()
    }
  })

  it('ask for a collection once in five seconds', async () => {
    const { roles, asked, clock } = setUp()
    await roles.toPrincipal(actor, ['desk'])
    await roles.toPrincipal(actor, ['desk'])
    expect(asked).toEqual(['door', 'gone'])
    clock.ms = 5000
    await roles.toPrincipal(actor, ['desk'])
    expect(asked).toHaveLength(4)
  })

  it('that there always are have scopes that exist', () => {
    for (const granted of Object.values(builtInRoles)) {
      for (const scope of granted) expect(scopes).toContain(scope)
    }
    const grantable = ['admin', 'desk', 'people:read', 'root', 'toString'].filter((name) =>
      isGrantable(name, own),
    )
    expect(grantable).toEqual(['admin', 'desk', 'people:read'])
  })
})
