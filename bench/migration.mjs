// Does a collection move to another model without a failed search, a wrong name or a lost face?
//
//   npm run bench:migration -- [--lfw DIR] [--people 300] [--models sface,fused] [--kill]
//                              [--data-dir DIR] [--out FILE]
//
// DIR of --lfw has one folder of photographs a person; --data-dir holds models/. People with three
// photographs are enrolled by two of them with mobilefacenet and stored crops, and searched for by the
// third, over HTTP. While a job moves the collection, photographs are identified without a pause, and more
// people are enrolled. Answers after the switch are compared with those of a collection that was
// enrolled with the new model from the photographs. With --kill the server is killed in the middle.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { zipSync } from 'fflate'
import { median, percentile, printTable, writeResult } from './measure.mjs'
import { findLfw } from './photos.mjs'
import { createDataDir, startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    people: { type: 'string', default: '300' },
    models: { type: 'string', default: 'sface,fused' },
    kill: { type: 'boolean', default: false },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const lfw = findLfw(args.lfw)
if (lfw === undefined) {
  console.error('usage: npm run bench:migration -- --lfw DIR')
  process.exit(2)
}
const first = 'mobilefacenet'
const wanted = Number(args.people)
/** People who are enrolled while the collection moves. */
const late = 40

const photosOf = (name) =>
  readdirSync(join(lfw, name))
    .sort()
    .map((file) => readFileSync(join(lfw, name, file)))
const people = []
for (const name of readdirSync(lfw).sort()) {
  if (people.length === wanted + late) break
  const photos = photosOf(name)
  if (photos.length >= 3) people.push({ name, enrolled: photos.slice(0, 2), probe: photos[2] })
}
const early = people.slice(0, wanted)
const later = people.slice(wanted)

const results = []
for (const model of args.models.split(',')) {
  const { dataDir, remove } = createDataDir(args['data-dir'])
  try {
    results.push(await measure(model, dataDir))
  } finally {
    remove()
  }
}
printTable(
  results.map((it) => ({
    ...{ model: it.model, searches: it.searches, failed: it.failed, 'wrong model': it.wrongModel },
    ...{ 'job s': it.jobSeconds.toFixed(1), agreement: it.comparison.agreement.toFixed(3) },
    'as enrolled from photographs': `${it.sameAnswers} of ${it.probes}`,
    'p99 of the difference': it.similarityDifference.p99.toFixed(4),
    'as before, gone back': `${it.sameAfterGoingBack} of ${it.probes}`,
  })),
)
writeResult('migration', args, {
  question: 'moving a collection to another model while it is searched and enrolled into',
  ...{ people: early.length, killed: args.kill, results },
})

async function measure(model, dataDir) {
  let service = await startService(dataDir)
  const api = (path) => `http://127.0.0.1:${service.port}${path}`
  const send = async (method, path, body) => {
    const response = await fetch(api(path), { method, ...toRequest(body) })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
  }
  const expectStatus = async (status, ...request) => {
    const answer = await send(...request)
    if (answer.status === status) return answer.json
    throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${JSON.stringify(answer.json)}`)
  }
  const untilEnded = async ({ id }, onJob = async () => {}) => {
    for (;;) {
      const job = await expectStatus(200, 'GET', `/v1/jobs/${id}`)
      if (job.state === 'done') return job
      if (job.endedAt) throw new Error(`${job.kind}: ${JSON.stringify(job.failure)}`)
      await onJob(job)
      await sleep(50)
    }
  }
  const enrollAll = async (collection, those) => {
    const files = those.flatMap(({ name, enrolled }) =>
      enrolled.map((photo, i) => [`${name}/${i}.jpg`, new Uint8Array(photo)]),
    )
    const archive = zipSync(Object.fromEntries(files), { level: 0 })
    const path = `/v1/collections/${collection}/enrolments?duplicates=ignore&skipQualityGates=true`
    const { result } = await untilEnded(await expectStatus(202, 'POST', path, form({ archive })))
    return result
  }
  const identify = (collection, photo) =>
    send('POST', `/v1/collections/${collection}/identify?candidates=1`, photo)
  const answerAll = async (collection) => {
    const answers = []
    for (const { probe } of early) {
      const { status, json } = await identify(collection, probe)
      if (status !== 200) throw new Error(`identify: ${status}`)
      answers.push(toAnswer(json))
    }
    return answers
  }

  const settings = { modelId: first, storeCrops: true }
  await expectStatus(201, 'POST', '/v1/collections', { name: 'people', ...settings })
  await enrollAll('people', early)
  const before = await answerAll('people')

  // While the collection moves.
  const counts = { searches: 0, failed: 0, wrongModel: 0, wrongName: 0, enrolled: 0 }
  let [stopped, isUp, wasSwitched] = [false, true, false]
  const search = async (from) => {
    for (let i = from; !stopped; i = (i + 1) % early.length) {
      if (!isUp) {
        await sleep(20)
        continue
      }
      const answer = await identify('people', early[i].probe).catch(() => undefined)
      if (!isUp) continue
      counts.searches++
      if (answer?.status !== 200) {
        counts.failed++
        console.error(`a search failed: ${JSON.stringify(answer)}`)
        continue
      }
      const { modelId, decision, name } = toAnswer(answer.json)
      if (modelId !== first && modelId !== model) counts.wrongModel++
      if (modelId === first && wasSwitched) counts.wrongModel++
      if (decision === 'match' && name !== early[i].name) counts.wrongName++
    }
  }
  /** Asks again what the kill cut off. */
  const insist = async (...request) => {
    for (;;) {
      while (!isUp) await sleep(20)
      const answer = await send(...request).catch(() => undefined)
      if (answer) return answer
      await sleep(20)
    }
  }
  const enroll = async () => {
    for (const { name, enrolled } of later) {
      if (stopped) return
      const path = '/v1/collections/people/persons?ifExists=reuse'
      const { json: person } = await insist('POST', path, { name })
      for (const photo of enrolled) {
        const path = `/v1/collections/people/persons/${person.id}/faces?skipQualityGates=true&duplicates=ignore`
        const { status } = await insist('POST', path, photo)
        if (status !== 201 && status !== 200) counts.failed++
        else counts.enrolled++
      }
      await sleep(100)
    }
  }
  const begun = performance.now()
  const work = [search(0), search(Math.floor(early.length / 2)), enroll()]
  await sleep(500)
  const path = '/v1/collections/people/migrations'
  const started = await expectStatus(202, 'POST', path, { modelId: model })
  let killed = !args.kill
  const { result, attempts } = await untilEnded(started, async ({ progress }) => {
    if (killed || (progress?.done ?? 0) < early.length) return
    killed = true
    isUp = false
    process.kill(service.pid, 'SIGKILL')
    service = await startService(dataDir)
    isUp = true
  })
  const jobSeconds = (performance.now() - begun) / 1000
  // What began before the switch may have been answered by the first model.
  await sleep(500)
  wasSwitched = true
  await sleep(3000)
  stopped = true
  await Promise.all(work)

  // The same people, enrolled from their photographs.
  await expectStatus(201, 'POST', '/v1/collections', { name: 'fresh', ...settings, modelId: model })
  await enrollAll('fresh', [...early, ...later])
  const moved = await answerAll('people')
  const fresh = await answerAll('fresh')
  const back = await expectStatus(200, 'PUT', '/v1/collections/people/model', {
    ...{ modelId: first, allowMissing: true },
  })
  const again = await answerAll('people')
  await expectStatus(200, 'PUT', '/v1/collections/people/model', { modelId: model })
  const erasure = `/v1/collections/people/second-model?modelId=${first}`
  const { result: erased } = await untilEnded(await expectStatus(202, 'DELETE', erasure))
  const { faces, second } = await expectStatus(200, 'GET', '/v1/collections/people')
  await service.stop()

  const differences = moved.map((it, i) => Math.abs(it.similarity - fresh[i].similarity))
  return {
    ...{ model, ...counts, jobSeconds, attempts, ...result },
    probes: early.length,
    sameAnswers: countSame(moved, fresh),
    changed: early.flatMap(({ name }, i) =>
      isSame(moved[i], fresh[i]) ? [] : [{ name, moved: moved[i], fresh: fresh[i] }],
    ),
    similarityDifference: {
      ...{ median: median(differences), p99: percentile(differences, 0.99) },
      most: Math.max(...differences),
    },
    namedByTheFirst: before.filter(({ decision }) => decision === 'match').length,
    namedByTheSecond: moved.filter(({ decision }) => decision === 'match').length,
    wentBackTo: back.modelId,
    sameAfterGoingBack: countSame(again, before),
    erased: erased.erased,
    faces,
    hasSecond: second !== undefined,
  }
}

function toRequest(body) {
  if (body === undefined) return {}
  if (body instanceof FormData) return { body }
  if (body instanceof Uint8Array) return { body: form({ image: body }) }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function form(files) {
  const data = new FormData()
  for (const [name, bytes] of Object.entries(files)) data.append(name, new Blob([bytes]), name)
  return data
}

function toAnswer({ modelId, faces }) {
  const [face] = faces
  const [candidate] = face?.candidates ?? []
  const name = candidate?.personName
  return { modelId, decision: face?.decision, name, similarity: candidate?.similarity ?? 0 }
}

function isSame(a, b) {
  return a.decision === b.decision && (a.decision === 'unknown' || a.name === b.name)
}

function countSame(some, others) {
  return some.filter((it, i) => isSame(it, others[i])).length
}
