import { afterEach, describe, expect, it } from 'vitest'
import { FaceError, isFaceError } from '../../src/core/errors.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import type { ModelRecord } from '../../src/models/manifest-types.ts'
import { type AnalyzerOptions, createAnalyzer } from '../../src/vision/analyzer/analyzer.ts'
import type { Analyzer } from '../../src/vision/analyzer/analyzer-types.ts'
import { testLimits } from '../helpers/images.ts'

const workerFile = new URL('../fixtures/vision/stub-worker.mjs', import.meta.url)
const open: Analyzer[] = []

function start(options: Partial<AnalyzerOptions> = {}): Analyzer {
  const analyzer = createAnalyzer({
    modelsDir: '/nowhere',
    manifest: [],
    limits: testLimits,
    workers: 2,
    workerFile,
    ...options,
  })
  open.push(analyzer)
  return analyzer
}

const command = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

/** The error of a rejected promise; fails the test when it is no {@link FaceError}. */
async function errorOf(promise: Promise<unknown>): Promise<FaceError> {
  try {
    await promise
  } catch (error) {
    if (isFaceError(error)) return error
    throw error
  }
  throw new Error('expected a rejection')
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((analyzer) => analyzer.close()))
})

describe('a worker that dies', () => {
  it.each(['exit', 'crash'])(
    'by %s answers its request with a fault and is replaced',
    async (how) => {
      const analyzer = start()
      const neighbour = analyzer.analyze(command('sleep 300'))
      const error = await errorOf(analyzer.analyze(command(how)))
      expect(error.code).toBe('workerFailed')
      expect(error.kind).toBe('fault')
      expect((await neighbour).faces).toEqual([])
      const after = await Promise.all([1, 2, 3, 4].map(() => analyzer.analyze(command('ok'))))
      expect(after).toHaveLength(4)
      expect(analyzer.stats()).toMatchObject({ workers: 2, queued: 0, running: 0 })
    },
  )

  it('again and again does not stop the pool, and waiting requests are served', async () => {
    const analyzer = start({ workers: 1, maxQueue: 20 })
    for (let round = 0; round < 5; round++) {
      const dying = errorOf(analyzer.analyze(command('exit')))
      const waiting = analyzer.analyze(command('waits'))
      expect((await dying).code).toBe('workerFailed')
      expect((await waiting).width).toBe(5)
    }
  })
})

describe('workers that cannot start', () => {
  it('fail every request instead of letting it wait forever', async () => {
    const analyzer = start({
      workerFile: new URL('../fixtures/vision/missing.mjs', import.meta.url),
    })
    for (let round = 0; round < 3; round++) {
      const requests = [1, 2, 3, 4].map(() => errorOf(analyzer.analyze(command('ok'))))
      for (const error of await Promise.all(requests)) expect(error.code).toBe('workerFailed')
    }
    expect(analyzer.stats()).toMatchObject({ queued: 0, running: 0 })
  })
})

describe('an error in a worker', () => {
  it('arrives as the error that it was', async () => {
    const error = await errorOf(start().analyze(command('fail corruptImage')))
    expect(error.code).toBe('corruptImage')
    expect(error.status).toBe(422)
  })
})

describe('a full queue', () => {
  it('refuses with the time to wait, and accepts again when it has room', async () => {
    const analyzer = start({ workers: 1, maxQueue: 2 })
    const accepted = [1, 2, 3].map(() => analyzer.analyze(command('sleep 100')))
    expect(analyzer.stats()).toMatchObject({ queued: 2, running: 1 })
    const error = await errorOf(analyzer.analyze(command('one too many')))
    expect(error.code).toBe('overloaded')
    expect(error.info?.retryAfterSeconds).toBeGreaterThanOrEqual(1)
    await Promise.all(accepted)
    await analyzer.analyze(command('ok'))
    expect(analyzer.stats()).toMatchObject({ queued: 0, running: 0, completed: 4 })
  })

  it('counts requests that can be aborted like others', async () => {
    const analyzer = start({ workers: 1, maxQueue: 2 })
    const { signal } = new AbortController()
    const accepted = [1, 2, 3].map(() => analyzer.analyze(command('sleep 50'), { signal }))
    const error = await errorOf(analyzer.analyze(command('one too many'), { signal }))
    expect(error.code).toBe('overloaded')
    await Promise.all(accepted)
  })

  it('leaves the bytes of a refused request with the caller', async () => {
    const analyzer = start({ workers: 1, maxQueue: 1 })
    const accepted = [1, 2].map(() => analyzer.analyze(command('sleep 50')))
    const image = command('mine')
    await errorOf(analyzer.analyze(image))
    expect(image.length).toBe(4)
    await Promise.all(accepted)
  })

  it('serves requests in the order they came', async () => {
    const analyzer = start({ workers: 1 })
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        await analyzer.analyze(command('sleep 2'))
        order.push(i)
      }),
    )
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})

describe('an image that comes alone', () => {
  const embedder = 'mobilefacenet'

  async function startWith(workers: number): Promise<Analyzer> {
    return start({ workers, manifest: (await loadManifest()).models })
  }

  /** Threads that the networks of the next image would have. */
  async function threadsOfOne(analyzer: Analyzer): Promise<number> {
    return (await analyzer.analyze(command('ok'), { embedder })).height
  }

  it('has the cores of all workers, once the networks for it are there', async () => {
    const analyzer = await startWith(2)
    expect(await threadsOfOne(analyzer)).toBe(1)
    await expect.poll(() => threadsOfOne(analyzer)).toBe(2)
    expect(analyzer.stats()).toMatchObject({ workers: 2, queued: 0, running: 0 })
  })

  it('has them not while another is worked on', async () => {
    const analyzer = await startWith(2)
    await expect.poll(() => threadsOfOne(analyzer)).toBe(2)
    const first = analyzer.analyze(command('sleep 100'), { embedder })
    const others = await Promise.all([1, 2, 3, 4].map(() => threadsOfOne(analyzer)))
    expect((await first).height).toBe(2)
    expect(others).toEqual([1, 1, 1, 1])
  })

  it('is answered with a fault when its worker dies, and the next one is served', async () => {
    const analyzer = await startWith(2)
    await expect.poll(() => threadsOfOne(analyzer)).toBe(2)
    const error = await errorOf(analyzer.analyze(command('exit'), { embedder }))
    expect(error.code).toBe('workerFailed')
    expect(await threadsOfOne(analyzer)).toBe(1)
    await expect.poll(() => threadsOfOne(analyzer)).toBe(2)
  })

  it('has one core where there is one worker', async () => {
    const analyzer = await startWith(1)
    for (let round = 0; round < 3; round++) expect(await threadsOfOne(analyzer)).toBe(1)
  })
})

describe('an aborted request', () => {
  it('does not start when it was aborted before', async () => {
    const error = await errorOf(start().analyze(command('ok'), { signal: AbortSignal.abort() }))
    expect(error.code).toBe('aborted')
  })

  it('leaves the queue at once', async () => {
    const analyzer = start({ workers: 1, maxQueue: 1 })
    const running = analyzer.analyze(command('sleep 200'))
    const controller = new AbortController()
    const waiting = errorOf(analyzer.analyze(command('ok'), { signal: controller.signal }))
    expect(analyzer.stats()).toMatchObject({ queued: 1, running: 1 })
    controller.abort()
    expect((await waiting).code).toBe('aborted')
    expect(analyzer.stats()).toMatchObject({ queued: 0, running: 1 })
    const next = analyzer.analyze(command('room'))
    await running
    expect((await next).width).toBe(4)
  })

  it('is answered at once while it runs, and its worker lives on', async () => {
    const analyzer = start({ workers: 1 })
    const controller = new AbortController()
    const running = errorOf(analyzer.analyze(command('sleep 300'), { signal: controller.signal }))
    setTimeout(() => controller.abort(), 20)
    const started = performance.now()
    expect((await running).code).toBe('aborted')
    expect(performance.now() - started).toBeLessThan(250)
    expect(analyzer.stats().running).toBe(1)
    await analyzer.analyze(command('ok'))
    expect(analyzer.stats()).toMatchObject({ workers: 1, running: 0 })
  })
})

describe('a stored crop', () => {
  const embedder = 'small'
  const manifest = [{ id: embedder, task: 'embedder', files: [] }] as unknown as ModelRecord[]
  const startOne = () => start({ workers: 1, maxQueue: 1, manifest })
  const embed = (analyzer: Analyzer, text: string, signal?: AbortSignal) =>
    analyzer.embedCrop({ bytes: command(text) }, { embedder, ...(signal && { signal }) })

  it('waits in the queue of images, which is bounded', async () => {
    const analyzer = startOne()
    const running = analyzer.analyze(command('sleep 100'))
    const waiting = embed(analyzer, 'ok')
    const refused = await errorOf(embed(analyzer, 'ok'))
    expect(refused.code).toBe('overloaded')
    await running
    expect(await waiting).toBeUndefined()
  })

  it('leaves the queue at once when it is aborted', async () => {
    const analyzer = startOne()
    const running = analyzer.analyze(command('sleep 100'))
    const controller = new AbortController()
    const waiting = errorOf(embed(analyzer, 'ok', controller.signal))
    controller.abort()
    expect((await waiting).code).toBe('aborted')
    expect(analyzer.stats()).toMatchObject({ queued: 0, running: 1 })
    await running
  })

  it('whose worker dies is answered with a fault', async () => {
    expect((await errorOf(embed(startOne(), 'exit'))).code).toBe('workerFailed')
  })
})

describe('closing', () => {
  it('lets accepted requests finish and refuses new ones', async () => {
    const analyzer = start({ workers: 1 })
    const accepted = [1, 2, 3].map(() => analyzer.analyze(command('sleep 30')))
    const closing = analyzer.close()
    expect((await errorOf(analyzer.analyze(command('late')))).code).toBe('notReady')
    expect(await Promise.all(accepted)).toHaveLength(3)
    await closing
    await analyzer.close()
  })
})

describe('a request', () => {
  it('may give its bytes to the worker when they own their buffer, and a copy otherwise', async () => {
    const analyzer = start({ takesImages: true })
    const whole = command('whole')
    await analyzer.analyze(whole)
    expect(whole.length).toBe(0)
    const shared = command('a part of this')
    await analyzer.analyze(shared.subarray(2, 6))
    expect(shared.length).toBe(14)
  })

  it('is refused before it waits when it cannot succeed', async () => {
    const analyzer = start({ limits: { ...testLimits, maxImageBytes: 10 } })
    const codes = async (promise: Promise<unknown>): Promise<string> =>
      (await errorOf(promise)).code
    expect(await codes(analyzer.analyze(new Uint8Array(0)))).toBe('emptyImage')
    expect(await codes(analyzer.analyze(new Uint8Array(11)))).toBe('imageTooLarge')
    expect(await codes(analyzer.analyze(command('ok'), { embedder: 'none' }))).toBe('unknownModel')
    expect(await codes(analyzer.warmUp('none'))).toBe('unknownModel')
    for (const detector of [
      { maxFaces: 0 },
      { maxFaces: 1.5 },
      { minFaceSize: 11 },
      { minFaceSize: Number.NaN },
      { thresholds: [-0.1, 0.7, 0.7] as const },
      { thresholds: [0.6, 0.7, 1.1] as const },
    ]) {
      expect(await codes(analyzer.analyze(command('ok'), { detector }))).toBe('invalidOption')
    }
  })
})

describe('createAnalyzer', () => {
  it.each([{ workers: 0 }, { maxQueue: 0 }, { workers: 1.5 }, { detector: { maxFaces: -1 } }])(
    'refuses %o',
    (options) => {
      expect(() => start(options)).toThrow(FaceError)
    },
  )
})
