// Makes every worker thread of a process die while the file that CRASH_HOOK_ARM names exists; loaded
// with --import, which threads inherit.
import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  setInterval(() => {
    if (existsSync(process.env.CRASH_HOOK_ARM)) throw new Error('a thread dies')
  }, 20).unref()
}
