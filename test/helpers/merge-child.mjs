// A process that merges two persons, to be killed meanwhile; it says `merging` before and `merged` after.
// Runs the built program: node merge-child.mjs sqlite|mongodb FILE|URL DATABASE COLLECTION_ID INTO FROM
import { writeSync } from 'node:fs'
import { createMongodbStore } from '../../dist/storage/mongodb/mongodb-store.js'
import { createSqliteStore } from '../../dist/storage/sqlite/sqlite-store.js'

const [kind, address, database, collectionId, into, from] = process.argv.slice(2)
const store =
  kind === 'sqlite'
    ? await createSqliteStore({ file: address })
    : await createMongodbStore({ url: address, database })
// Its connections are open.
await store.persons.get(collectionId, into)
writeSync(1, 'merging\n')
await store.persons.merge(collectionId, { into, from: [from] }, { undoable: true })
writeSync(1, 'merged\n')
await store.close()
