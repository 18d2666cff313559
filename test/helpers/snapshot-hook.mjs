// Stops or ends a process at a chosen point of writing a snapshot; loaded with --import, so that the
// index's worker thread has it, too. It acts once the file that SNAPSHOT_HOOK_ARM names exists, with
// the point in it:
// - kill-create, kill-rename, kill-renamed: SIGKILL before the temporary file is made, before it takes
//   the snapshot's place, and after that;
// - hold-rename: the file does not take its place before `release` is written in the arming file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'

const arm = process.env.SNAPSHOT_HOOK_ARM
const { open, rename } = fs

const pointIs = (point) => existsSync(arm) && readFileSync(arm, 'utf8') === point
const killAt = (point) => {
  if (pointIs(point)) process.kill(process.pid, 'SIGKILL')
}
const isSnapshot = (path) => String(path).endsWith('.snapshot')

fs.open = async (path, flags, ...rest) => {
  if (String(path).includes('.snapshot.') && String(flags).startsWith('wx')) killAt('kill-create')
  return open(path, flags, ...rest)
}
fs.rename = async (from, to) => {
  if (isSnapshot(to)) {
    killAt('kill-rename')
    if (pointIs('hold-rename')) {
      writeFileSync(`${arm}.held`, '')
      while (!pointIs('release')) await pause(5)
    }
  }
  await rename(from, to)
  if (isSnapshot(to)) killAt('kill-renamed')
}
syncBuiltinESMExports()
