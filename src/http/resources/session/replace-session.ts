import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions, StartedSession } from '../../../access/sessions.ts'
import { readCookie, sessionCookie, writeCookie } from '../../plugins/session-cookie.ts'

/** Gives the browser a new session and ends the one that it had, whoever planted that. */
export async function replaceSession(
  sessions: Sessions,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { token }: StartedSession,
): Promise<void> {
  const before = readCookie(sessionCookie, request)
  if (before !== undefined) await sessions.end(before)
  writeCookie(sessionCookie, { request, reply }, token)
}
