import { expect, it } from 'vitest'
import { isServiceLink } from './service-links.ts'

it.each([
  ['FACE_WATCHER_SERVICE_HOST', '10.96.3.7'],
  ['FACE_WATCHER_SERVICE_PORT', '8080'],
  ['FACE_WATCHER_SERVICE_PORT_HTTP_API', '8080'],
  ['FACE_WATCHER_PORT', 'tcp://10.96.3.7:8080'],
  ['FACE_WATCHER_PORT', 'udp://[fd00::7]:8080'],
  ['FACE_WATCHER_PORT_8080_TCP', 'tcp://10.96.3.7:8080'],
  ['FACE_WATCHER_PORT_8080_TCP_PROTO', 'tcp'],
  ['FACE_WATCHER_PORT_8080_TCP_PORT', '8080'],
  ['FACE_WATCHER_PORT_8080_TCP_ADDR', '10.96.3.7'],
  ['FACE_WATCHER_HTTP_PORT', 'tcp://10.96.3.7:8080'],
])('knows %s=%s of Kubernetes', (variable, value) => {
  expect(isServiceLink(variable, value)).toBe(true)
})

it.each([
  ['FACE_WATCHER_PORT', '8080'],
  ['FACE_WATCHER_HTTP_PORT', '8080'],
  ['FACE_WATCHER_SERVICE_PORT', 'http'],
  ['FACE_WATCHER_SERVICE', '1'],
  ['FACE_WATCHER_PORT_HTTP_TCP', 'tcp://10.96.3.7:8080'],
  ['FACE_WATCHER_PORT_8080', 'tcp://10.96.3.7:8080'],
  ['FACE_WATCHER_HTTP_PROT', 'tcp://10.96.3.7:8080'],
])('takes %s=%s for a setting', (variable, value) => {
  expect(isServiceLink(variable, value)).toBe(false)
})
