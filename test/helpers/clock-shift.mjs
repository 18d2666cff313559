// Preloaded with `node --import`: shifts Date in every thread by the milliseconds that the file named
// in FACE_WATCHER_TEST_CLOCK holds. Timers and performance.now() do not jump, as on a real machine.
import { readFileSync } from 'node:fs'

const file = process.env.FACE_WATCHER_TEST_CLOCK
const RealDate = Date
const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'))

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now())
    else super(...parts)
  }

  static now() {
    return now()
  }
}
