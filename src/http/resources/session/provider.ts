import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { callbackPath, type OidcSignIn, startPath } from '../../../access/oidc.ts'
import { isFaceError } from '../../../core/errors.ts'
import { toFaceError } from '../../plugins/problems.ts'
import { readCookie, signInCookie, writeCookie } from '../../plugins/session-cookie.ts'
import type { App, RouteContext } from '../../types.ts'
import { failurePage, languageOf, onwardPage } from './pages.ts'
import { replaceSession } from './replace-session.ts'

const config = { scope: 'public' } as const

/**
 * The way to the OpenID Connect provider and back, for browsers: their answers are pages.
 *
 * The cookie of the session is not sent with what another site starts, and a return from the provider
 * is that, with every redirect that follows. So the answer to it is a page of ours that goes on by
 * itself: what it starts is of this site again.
 */
export function registerProviderRoutes(app: App, { sessions, oidc }: RouteContext): void {
  if (oidc === undefined) return

  app.route({
    method: 'GET',
    url: `/${startPath}`,
    config,
    schema: {
      hide: true,
      querystring: Type.Object({ returnTo: Type.Optional(Type.String({ maxLength: 2000 })) }),
    },
    handler: (request, reply) =>
      answerPage(oidc, { request, reply }, async () => {
        const { url, sealed } = await oidc.begin(request.query.returnTo ?? '')
        writeCookie(signInCookie, { request, reply }, sealed)
        return reply.redirect(url, 302)
      }),
  })

  app.route({
    method: 'GET',
    url: `/${callbackPath}`,
    config,
    schema: { hide: true },
    handler: (request, reply) =>
      answerPage(oidc, { request, reply }, async () => {
        const query = new URL(request.url, 'http://localhost').searchParams
        const sealed = readCookie(signInCookie, request)
        writeCookie(signInCookie, { request, reply }, undefined)
        const { actor, roles, returnUrl } = await oidc.finish(query, sealed)
        const started = await sessions.startWithRoles(actor, roles)
        await replaceSession(sessions, { request, reply }, started)
        return reply
          .type('text/html; charset=utf-8')
          .send(onwardPage(returnUrl, { baseUrl: oidc.baseUrl, language: languageOf(request) }))
      }),
  })
}

/** Answers a page, also where it fails: a person reads it. */
async function answerPage(
  { baseUrl }: OidcSignIn,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  answer: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await answer()
  } catch (error) {
    const { code, status, kind, cause } = toFaceError(error, request)
    if (kind === 'fault') throw error
    // Neither claims nor tokens, which the error may carry.
    const reason = cause instanceof Error ? cause.message : undefined
    request.log.warn({ code, reason }, 'sign-in')
    const known = isFaceError(error) ? code : 'signInFailed'
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(failurePage(known, { baseUrl, language: languageOf(request) }))
  }
}
