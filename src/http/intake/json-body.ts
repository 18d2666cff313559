import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { FaceError } from '../../core/errors.ts'
import type { App } from '../types.ts'
import { createJsonScanner, type RawString, type ScannedJson } from './json-scanner.ts'

/** Bytes that are scanned in one go, well below a millisecond of them. */
const sliceBytes = 64 * 1024

/**
 * Reads JSON bodies, see [Note: Large JSON] in json-scanner.ts. The strings of image members arrive
 * in the handler as marks; `takeRawString` gives their bytes.
 */
export function registerJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.decorateRequest('rawStrings', null)
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    const fields = request.routeOptions.config.multipart?.fields ?? []
    const scanned = await readScanned(request, fields)
    const body: unknown = await new Promise((resolve, reject) => {
      parse(request, scanned.text, (error, value) => (error ? reject(error) : resolve(value)))
    })
    assertOnlyImagesSetAside(body, fields, scanned)
    request.rawStrings = scanned.setAside
    return body
  })
}

/** The bytes of the string that `mark` replaces, or undefined when it is an ordinary text. */
export function takeRawString(request: FastifyRequest, mark: string): RawString | undefined {
  return request.rawStrings?.get(mark)
}

/** @throws {FaceError} `payloadTooLarge`, `invalidRequest`, `aborted` */
async function readScanned(
  request: FastifyRequest,
  fields: readonly string[],
): Promise<ScannedJson> {
  const { raw, heldUpload: held } = request
  const limit = request.routeOptions.bodyLimit
  const tooLarge = () =>
    new FaceError('payloadTooLarge', {
      detail: `At most ${limit} bytes are allowed here.`,
      info: { maxRequestBytes: limit },
    })
  if (Number(request.headers['content-length']) > limit) throw tooLarge()
  const scanner = createJsonScanner(fields, randomUUID)
  return await new Promise((resolve, reject) => {
    let received = 0
    let isSettled = false
    const onData = (chunk: Buffer) => {
      received += chunk.length
      held?.add(chunk.length)
      if (isSettled) return
      try {
        if (received > limit) throw tooLarge()
        for (let at = 0; at < chunk.length; at += sliceBytes) {
          scanner.push(chunk.subarray(at, at + sliceBytes))
        }
      } catch (error) {
        // What is still on its way is read and thrown away; see `sendProblem`.
        settle(() => reject(error))
      }
    }
    const onEnd = () => settle(() => resolve(scanner.end()))
    const onClose = () => settle(() => reject(new FaceError('aborted')))
    function settle(answer: () => void): void {
      isSettled = true
      held?.complete()
      raw.off('data', onData)
      raw.off('end', onEnd)
      raw.off('close', onClose)
      answer()
    }
    held?.onRefused((error) => settle(() => reject(error)))
    raw.on('data', onData)
    raw.on('end', onEnd)
    raw.on('close', onClose)
    // After a broken connection 'close' follows; without a listener the error would end the process.
    raw.on('error', () => {})
    raw.resume()
  })
}

/**
 * Refuses a body in which a mark is not in a place where an image is read: as the name of a member, in
 * an object below it, or overwritten by a second member of the same name.
 */
function assertOnlyImagesSetAside(
  body: unknown,
  fields: readonly string[],
  { setAside }: ScannedJson,
): void {
  const members = (body ?? {}) as Readonly<Record<string, unknown>>
  const texts = fields.flatMap((name) => (Object.hasOwn(members, name) ? members[name] : []))
  const found = texts.filter((text) => typeof text === 'string' && setAside.has(text))
  if (found.length === setAside.size) return
  const names = fields.map((name) => `"${name}"`).join(' or ')
  throw new FaceError('invalidRequest', {
    detail: `${names} is expected once, as text or a list of texts.`,
    info: { expected: fields },
  })
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Strings of the JSON body that were set aside, by their marks; null for other bodies. */
    rawStrings: ReadonlyMap<string, RawString> | null
  }
}
