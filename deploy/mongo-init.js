// Run by mongosh: makes mongo-1 to mongo-3 a replica set unless they are one, and waits for a primary.
try {
  rs.initiate({
    _id: 'rs0',
    members: [1, 2, 3].map((n) => ({ _id: n, host: `mongo-${n}:27017` })),
  })
} catch (error) {
  if (error.codeName !== 'AlreadyInitialized') throw error
}
while (!rs.status().members.some((member) => member.stateStr === 'PRIMARY')) sleep(200)
