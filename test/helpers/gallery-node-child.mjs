// A node without models: store, index and gallery as `serve` puts them together, called over IPC.
// Runs the built program: node gallery-node-child.mjs CONFIG, a part of the configuration as JSON.
import { openIndexProvider, openStore } from '../../dist/compose/storage.js'
import { toConfig } from '../../dist/config/load.js'
import { toErrorRecord } from '../../dist/core/errors.js'
import { createGallery } from '../../dist/gallery/gallery.js'

const config = toConfig(JSON.parse(process.argv[2]))
const warnings = []
const logger = {
  info() {},
  warn: ({ err, reason }, message) => warnings.push([message, reason, err?.message].join(' ')),
}
const store = await openStore(config, logger)
const provider = await openIndexProvider(config, logger)
const { pollMs } = config.sync
const gallery = await createGallery({ store, provider, pollMs, logger })

const node = {
  ...gallery,
  answers: store.answers,
  warnings: async () => warnings,
  now: async () => Date.now(),
  async close() {
    await gallery.close()
    await store.close()
  },
}

/** @param path  such as `faces.add` */
const find = (path) => path.split('.').reduce((found, name) => found[name], node)

process.on('message', async ({ id, method, parameters }) => {
  let answer
  try {
    answer = { id, value: await find(method)(...parameters) }
  } catch (error) {
    answer = { id, error: toErrorRecord(error) }
  }
  if (process.connected) process.send(answer)
  if (method === 'close') process.disconnect()
})
// The test is over, or was killed.
process.on('disconnect', () => process.exit())
process.send('ready')
