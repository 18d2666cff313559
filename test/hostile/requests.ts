import { drawForm, drawJson } from './bodies.ts'
import type { Dice } from './dice.ts'
import type { HostileImages } from './images.ts'

/** How a client behaves after, or while, it sends. */
export type Behaviour =
  | 'read'
  /** Ends its side and reads. */
  | 'halfClose'
  /** Sends half, waits, sends the rest. */
  | 'slowBody'
  /** Sends half and goes. */
  | 'abort'
  /** Sends half and ends its side. */
  | 'halfBody'
  /** Sends all, reads nothing, and goes after a while. */
  | 'neverRead'
  /** Sends all, reads nothing for a while, then all. */
  | 'lateRead'

export interface HostileRequest {
  readonly kind: string
  readonly bytes: Buffer
  readonly behaviour: Behaviour
}

const collections = '/v1/collections'
const posts = [
  '/v1/detect',
  '/v1/embed',
  '/v1/verify',
  `${collections}/default/identify`,
  `${collections}/default/persons`,
  `${collections}/default/persons/01ARZ3NDEKTSV4RRFFQ69G5FAV/faces`,
  collections,
  '/registerFace?name=Ann',
  '/recognizeFace',
]
const gets = [
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/json',
  '/docs/yaml',
  '/docs/static/swagger-ui-bundle.js',
  '/docs/static/index.css',
  '/',
  '/v1/models',
  collections,
  `${collections}/default`,
  `${collections}/default/persons?limit=1000`,
]
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE']

function frame(method: string, path: string, more: readonly string[] = [], body?: Buffer): Buffer {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...more, ...length, '', '']
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'utf8'), body ?? Buffer.alloc(0)])
}

const last = 'Connection: close'

function drawPath(dice: Dice): string {
  const segment = () =>
    dice.pick([
      () => encodeURIComponent(dice.text(20).replaceAll('\ud800', '')),
      () => dice.text(20).replace(/[\s\0]/g, ''),
      () => 'default',
      () => '..',
      () => '%76%31',
      () => 'a'.repeat(dice.below(5000)),
    ])()
  const query = () =>
    Array.from({ length: dice.below(4) }, () => {
      const name = dice.pick([
        'limit',
        'cursor',
        'name',
        'faces',
        'minFaceSize',
        'constructor',
        'x',
      ])
      const value = dice.pick(['', '1', '-1', '1e3', '0x10', '1001', 'true', dice.text(30)])
      return `${name}=${dice.below(2) ? encodeURIComponent(value.replaceAll('\ud800', '')) : value.replace(/[\s\0]/g, '')}`
    }).join('&')
  const path = dice.pick([
    () => dice.pick(gets),
    () => dice.pick(posts),
    () => `${collections}/${segment()}`,
    () => `${collections}/default/persons/${segment()}`,
    () => `${collections}/default/persons/${segment()}/faces/${segment()}/crop`,
    () => `/docs/static/${segment()}`,
    () => `/${segment()}/${segment()}`,
    () => `http://localhost/${segment()}`,
  ])()
  return dice.below(2) ? path : `${path}${path.includes('?') ? '&' : '?'}${query()}`
}

function drawPost(dice: Dice, images: HostileImages): Buffer {
  const body = dice.below(2) ? drawForm(dice, images) : drawJson(dice, images)
  const type = dice.below(12) ? body.type : dice.text(20).replace(/[\r\n\0]/g, '')
  const method = dice.below(8) ? 'POST' : dice.pick(methods)
  const key = dice.below(6) ? [] : [`Idempotency-Key: key-${dice.below(50)}`]
  const headers = [last, `Content-Type: ${type}`, ...key]
  if (dice.below(6) > 0) return frame(method, dice.pick(posts), headers, body.bytes)
  const size = body.bytes.length.toString(16)
  const chunked = [`${size}\r\n`, body.bytes, dice.pick(['\r\n0\r\n\r\n', '', 'zz\r\n'])]
  return Buffer.concat([
    frame(method, dice.pick(posts), [...headers, 'Transfer-Encoding: chunked']),
    ...chunked.map((chunk) => Buffer.from(chunk)),
  ])
}

const bodyBehaviours: readonly Behaviour[] = [
  ...(['read', 'read', 'read', 'read', 'read', 'read', 'read', 'read'] as const),
  ...(['halfClose', 'slowBody', 'abort', 'halfBody', 'neverRead', 'lateRead'] as const),
]

/** Draws what one client sends, and how it behaves. */
export function drawRequest(dice: Dice, images: HostileImages): HostileRequest {
  const roll = dice.below(100)
  if (roll < 35) {
    const method = dice.below(3) ? 'GET' : dice.pick(methods)
    const bytes = frame(method, drawPath(dice), [last])
    return { kind: 'address', bytes, behaviour: dice.pick(['read', 'read', 'halfClose']) }
  }
  if (roll < 80) {
    return { kind: 'body', bytes: drawPost(dice, images), behaviour: dice.pick(bodyBehaviours) }
  }
  if (roll < 90) {
    const count = dice.pick([2, 5, 10, 40, 400])
    const path = dice.pick(gets)
    const all = Array.from({ length: count }, () => frame('GET', path))
    const bytes = Buffer.concat([...all, frame('GET', '/healthz', [last])])
    const behaviour = dice.pick<Behaviour>(['read', 'neverRead', 'lateRead', 'abort', 'halfClose'])
    return { kind: 'pipelined', bytes, behaviour }
  }
  if (roll < 95) {
    const headers = Array.from({ length: dice.below(60) }, () => {
      const value = dice.text(60).replace(/[\r\n\0]/g, '')
      return `X-${dice.below(1e6)}: ${value}`
    })
    const path = dice.pick(gets)
    return { kind: 'headers', bytes: frame('GET', path, [last, ...headers]), behaviour: 'read' }
  }
  const garbage = dice.pick([
    () => dice.bytes(dice.below(3000)),
    () => Buffer.from(dice.text(300)),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from('GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'),
    () => Buffer.from(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  ])()
  return { kind: 'garbage', bytes: garbage, behaviour: dice.pick(['halfClose', 'abort']) }
}
