import { describe, expect, test } from 'vitest'
import { parseMetrics, type Sample, toRates, toSample } from './metrics.ts'

const text = `# HELP face_watcher_http_requests_total Requests answered.
face_watcher_http_requests_total{method="POST",route="/v1/detect",status="200"} 3
face_watcher_http_requests_total{method="POST",route="/v1/detect",status="500"} 1
face_watcher_http_requests_total{method="GET",route="/metrics",status="200"} 9
face_watcher_http_request_duration_seconds_sum{method="POST",route="/v1/detect",status="200"} 1.5
face_watcher_gallery_persons 12
process_resident_memory_bytes 1000
broken
`

describe('metrics', () => {
  test('are read with their labels', () => {
    const [first] = parseMetrics(text)
    expect(first).toEqual({
      name: 'face_watcher_http_requests_total',
      labels: { method: 'POST', route: '/v1/detect', status: '200' },
      value: 3,
    })
    expect(parseMetrics(text)).toHaveLength(6)
  })

  test('count work alone, and what failed', () => {
    const sample = toSample(parseMetrics(text), 5)
    expect(sample).toMatchObject({ at: 5, requests: 4, failed: 1, seconds: 1.5 })
    expect(sample.memoryBytes).toBe(1000)
  })

  test('give rates between moments, and none across a restart', () => {
    const at = (seconds: number, requests: number, spent: number): Sample => ({
      ...toSample([], seconds * 1000),
      requests,
      seconds: spent,
    })
    const rates = toRates([at(0, 10, 1), at(2, 14, 1.2), at(4, 14, 1.2), at(6, 1, 0.1)])
    expect(rates.map(({ perSecond }) => perSecond)).toEqual([2, 0])
    expect(rates[0]?.meanMs).toBeCloseTo(50, 9)
    expect(rates[1]?.meanMs).toBeUndefined()
  })
})
