import { userInfo } from 'node:os'
import type { Actor } from '../core/actor.ts'

/** Who runs the command line: the user of the operating system. */
export function commandLineActor(): Actor {
  const { uid, name } = readUser()
  return { kind: 'commandLine', id: uid, name }
}

/** In a container the user often has a number and no name, which the system takes for an error. */
function readUser(): { readonly uid: string; readonly name: string } {
  try {
    const { uid, username } = userInfo()
    // On Windows the number is -1 for everybody.
    return { uid: uid < 0 ? username : String(uid), name: username }
  } catch {
    const uid = String(process.getuid?.() ?? 'unknown')
    return { uid, name: uid }
  }
}
