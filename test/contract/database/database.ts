import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Aggregates, Database } from '../../../src/storage/database.ts'
import { methodNames, wrapMethods } from '../../../src/storage/methods.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { describeAnswers } from './answers.ts'
import { describeAssignedStrangers } from './assigned-strangers.ts'
import { describeCollections } from './collections.ts'
import { describeFaces } from './faces.ts'
import { describeFeed } from './feed.ts'
import type { DatabaseFixture } from './fixture.ts'
import { describeHistory } from './history.ts'
import { describeHistoryStatements } from './history-statements.ts'
import { describeJobs } from './jobs.ts'
import { describeKeys } from './keys.ts'
import { describeMovedStatements } from './moved-statements.ts'
import { describeMoves } from './moves.ts'
import { describePersonLists } from './person-lists.ts'
import { describePersonSearches } from './person-searches.ts'
import { describePersons } from './persons.ts'
import { describeSecondModels } from './second-models.ts'
import { describeSessions } from './sessions.ts'
import { describeSetAside } from './set-aside.ts'
import { describeStatements } from './statements.ts'
import { describeStrangers } from './strangers.ts'
import { describeTransfer } from './transfer.ts'

/** What every database does, port by port, whatever it stands on. */
export function describeDatabaseContract(
  name: string,
  createFixture: () => Promise<DatabaseFixture>,
): void {
  describe(`database: ${name}`, () => {
    const called = new Set<string>()
    let fixture: DatabaseFixture
    let store: Database

    /** The same, with a note of each method that is called. */
    function note(opened: Database): Database {
      const noted = (ports: Aggregates): Aggregates =>
        wrapMethods(ports, (method, body) => {
          called.add(method)
          return body()
        })
      return { ...opened, ...noted(opened), as: (context) => noted(opened.as(context)) }
    }

    async function createNoted(): Promise<DatabaseFixture> {
      const created = await createFixture()
      return { ...created, open: async () => note(await created.open()) }
    }

    beforeEach(async () => {
      fixture = await createNoted()
      store = await fixture.open()
    })

    afterEach(() => fixture.dispose())

    const under = () => ({ store, fixture })
    describeCollections(under)
    describePersons(under)
    describePersonLists(under)
    describePersonSearches(under)
    describeFaces(under)
    describeSetAside(under)
    describeStatements(under)
    describeMoves(under)
    describeHistory(under)
    describeHistoryStatements(under)
    describeSecondModels(under)
    describeFeed(under, createNoted)
    describeAnswers(under)
    describeTransfer(under, createNoted)
    describeMovedStatements(under, createNoted)
    describeKeys(under)
    describeSessions(under)
    describeJobs(under)
    describeStrangers(under)
    describeAssignedStrangers(under)

    describe('several writers', () => {
      it('answers each of many calls at once with its own result', async () => {
        const collection = await makeCollection(store)
        const results = await Promise.allSettled(
          Array.from({ length: 200 }, (_, i) =>
            store.faces.add(collection.id, { name: i % 10 === 3 ? '' : `P${i}` }, [makeFace(i)]),
          ),
        )
        for (const [i, result] of results.entries()) {
          if (i % 10 === 3) expect(result).toMatchObject({ reason: { code: 'invalidName' } })
          else expect(result).toMatchObject({ value: { person: { name: `P${i}` } } })
        }
        expect(await store.collections.counts(collection.id)).toEqual({ persons: 180, faces: 180 })
      })

      it('lets one of two stores create a collection, and each see the other at once', async () => {
        const second = await fixture.open()
        const results = await Promise.allSettled([makeCollection(store), makeCollection(second)])
        expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
        const collection = await second.collections.get('default')
        const person = await store.persons.create(collection.id, { name: 'A' })
        expect(await second.persons.get(collection.id, person.id)).toEqual(person)
        const same = await Promise.all([
          store.faces.add(collection.id, person.id, [makeFace(1)]),
          second.faces.add(collection.id, person.id, [makeFace(1)]),
        ])
        expect(same.map(({ faces }) => faces[0]!.alreadyEnrolled).sort()).toEqual([false, true])
        expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      })
    })

    it('answers a ping while it is open, and nothing after it was closed', async () => {
      await store.ping()
      const pending = makeCollection(store)
      await Promise.all([store.close(), store.close()])
      expect((await pending).name).toBe('default')
      await expectCode(store.ping(), 'storeUnavailable')
      await expectCode(store.collections.get('default'), 'storeUnavailable')
      expect((await (await fixture.open()).collections.get('default')).name).toBe('default')
    })

    // The last one: a method that is added to a port needs a test above.
    it('has been asked for everything that its ports have', () => {
      expect([...called].sort()).toEqual([...methodNames].sort())
    })
  })
}
