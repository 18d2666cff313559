import { userInfo } from 'node:os'
import type { Actor } from '../core/actor.ts'
import type { Database } from '../storage/database.ts'

/** Who runs the command line: the user of the operating system. */
export function commandLineActor(): Actor {
  const { uid, name } = readUser()
  return { kind: 'commandLine', id: uid, name }
}

/** The database for a command that works on it directly: what it writes is written by this user. */
export function forCommandLine(store: Database): Database {
  return { ...store, ...store.as({ actor: commandLineActor() }) }
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
