// Writes docs/benchmarks.md and its charts from the result files.
//
//   npm run bench:report -- [--results bench/results] [--out docs/benchmarks.md]
//                           [--images docs/images] [--check]
//
// A folder in the results holds those of another machine, which the targets show beside the others.
// Why a target was missed, and what the limit is, stands in bench/target-notes.json by the target's
// key. `--check` writes nothing and fails when a file is not what the results say.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { renderLines } from './charts.mjs'
import { percentile } from './measure.mjs'
import { count, evaluateTargets, format } from './targets.mjs'

const { values: args } = parseArgs({
  options: {
    results: { type: 'string', default: 'bench/results' },
    out: { type: 'string', default: 'docs/benchmarks.md' },
    images: { type: 'string', default: 'docs/images' },
    check: { type: 'boolean', default: false },
  },
})
const benchmarks = [
  'pipeline',
  'throughput',
  'index',
  'enroll',
  'start',
  'soak',
  'lighthouse',
  'live',
  'people-page',
]
const names = {
  'face-watcher': 'Face Watcher',
  'face-watcher-2-workers': 'Face Watcher, both cores',
  'face-watcher-sface': 'Face Watcher with SFace',
  opencv: 'OpenCV YuNet + SFace',
  'opencv-2-threads': 'OpenCV, two threads',
  'face-api-ssd': 'face-api, SSD',
  'face-api-tiny': 'face-api, tiny',
  'facenet-pytorch': 'facenet-pytorch',
  'mtcnn-keras-facenet': 'mtcnn + keras-facenet',
}
/** Names of lines, where they have to be short. */
const lineNames = { 'face-watcher': 'Face Watcher, one thread', opencv: 'OpenCV, one thread' }
const results = readResults(args.results)
const elsewhere = listFolders(args.results).map((machine) => ({
  machine,
  results: readResults(join(args.results, machine)),
}))
const notes = JSON.parse(readFileSync(join(import.meta.dirname, 'target-notes.json'), 'utf8'))
const files = new Map()
files.set(args.out, renderPage())
if (args.check) {
  const old = [...files].filter(
    ([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text,
  )
  for (const [file] of old)
    console.error(`${file} is not what the results say: npm run bench:report`)
  if (old.length > 0) process.exitCode = 1
} else {
  for (const [file, text] of files) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(file)
  }
}

function readResults(folder) {
  return Object.fromEntries(
    [...benchmarks, 'lfw-mobilefacenet', 'fmr-mobilefacenet']
      .map((name) => [name, join(folder, `${name}.json`)])
      .filter(([, file]) => existsSync(file))
      .map(([name, file]) => [name, JSON.parse(readFileSync(file, 'utf8'))]),
  )
}

function listFolders(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

function renderPage() {
  const parts = [
    '# Benchmarks',
    '',
    'Written by `npm run bench:report` from the files in `bench/results/`. Each file says on what machine, when, at which commit and by which command it was measured. Programs that are compared run in the same run, in processes of their own, and take turns. Times depend on the machine; ratios less so.',
    '',
    ...section('pipeline', 'One image', pipelineSection),
    ...section('throughput', 'Many images', throughputSection),
    ...section('index', 'Search', indexSection),
    ...section('enroll', 'Enrolment of a folder', enrollSection),
    ...section('start', 'Start and memory', startSection),
    ...section('soak', 'Steady load', soakSection),
    ...section('lighthouse', 'The web page', lighthouseSection),
    ...section('live', 'The live picture', liveSection),
    ...section('people-page', 'The list of people', peoplePageSection),
    '## Targets',
    '',
    ...targetsSection(),
    '',
    '## Measure it yourself',
    '',
    ...sourcesSection(),
  ]
  return `${parts.join('\n').trim()}\n`
}

function section(name, title, render) {
  const body = results[name]
    ? render(results[name])
    : [`Not measured yet: \`npm run bench:${name}\`.`]
  return [`## ${title}`, '', ...body, '']
}

function pipelineSection({ sizes, programs }) {
  const ours = ['face-watcher', 'face-watcher-2-workers']
  const colours = [ours, ['opencv'], ['opencv-2-threads'], ['face-api-tiny'], ['face-api-ssd']]
  const measured = sizes.filter(({ programs }) => programs['face-watcher'])
  const series = colours
    .flatMap((ids, colour) => ids.map((id) => ({ id, colour })))
    .map(({ id, colour }) => ({
      label: lineNames[id] ?? names[id],
      colour,
      strong: id === 'face-watcher',
      dashed: id === 'face-watcher-2-workers',
      points: measured
        .filter(({ programs }) => programs[id])
        .map(({ width, programs }) => [width, programs[id].meanMs]),
    }))
    .filter(({ points }) => points.length > 0)
  const absent = Object.entries(programs).filter(([, { missing }]) => missing !== undefined)
  return [
    chart('bench-latency', 'Milliseconds for one image by its width', series, {
      title: 'One image: from its bytes to the embeddings of all faces',
      subtitle: 'Mean over the photographs; lower is better; both axes logarithmic',
      x: {
        label: 'width of the image',
        log: true,
        ticks: measured.map(({ width }) => [width, `${width} px`]),
      },
      y: { label: 'milliseconds', log: true },
    }),
    '',
    'Decoding, detection, alignment and an embedding of every face, from the same bytes. Programs run one after the other, each on several photographs in a row. The first photograph of a row finds nothing of its program in the processor\'s caches, so it has a column of its own ("first of a turn"); the next seven are not counted. The ratio is the median over the photographs of the time as a multiple of Face Watcher with one thread. OpenCV and face-api run with the thresholds of their own examples; "in common" counts the faces that Face Watcher found, too.',
    '',
    ...sizes.flatMap(({ width, photographs, images, programs }) => [
      `**${width} px**, ${images} photographs (${photographs})`,
      '',
      ...table(
        [
          ...['program', 'mean', 'median', 'p95', 'first of a turn', 'ratio'],
          ...['embedding, a face', 'faces', 'in common'],
        ],
        Object.entries(programs).map(([id, program]) => [
          names[id] ?? id,
          `${format(program.meanMs)} ms`,
          `${format(program.medianMs)} ms`,
          `${format(program.p95Ms)} ms`,
          `${format(program.firstOfTurnMs)} ms`,
          program.timesFaceWatcher.toFixed(2),
          program.embedMsPerFace === undefined ? '' : `${format(program.embedMsPerFace)} ms`,
          program.faces,
          program.facesInCommon,
        ]),
      ),
      '',
    ]),
    ...(absent.length > 0
      ? [`Not there when it was measured: ${absent.map(([id]) => names[id] ?? id).join(', ')}.`]
      : []),
  ]
}

function throughputSection({ results: rows, overhead, overload, memory, facesInGallery }) {
  const clients = [...new Set(rows.filter(({ id }) => id === 'http').map((one) => one.clients))]
  const of = (wanted) => rows.filter(({ id }) => id === wanted)
  const points = (wanted) =>
    of(wanted).map((one) => [clients.indexOf(one.clients), one.imagesPerSecond])
  const [opencv] = of('opencv')
  const series = [
    { label: 'library', colour: 2, strong: true, points: points('library') },
    { label: 'HTTP, server and clients', colour: 0, strong: true, points: points('http') },
    ...(opencv
      ? [
          {
            label: `OpenCV in ${opencv.clients} processes`,
            colour: 1,
            dashed: true,
            points: [0, clients.length - 1].map((at) => [at, opencv.imagesPerSecond]),
          },
        ]
      : []),
  ]
  const titles = {
    library: 'library',
    http: 'HTTP',
    bare: 'bare pipeline, processes',
    opencv: 'OpenCV, processes',
  }
  return [
    chart('bench-throughput', 'Images a second by clients', series, {
      title: 'Many images: identified a second',
      subtitle: `Gallery of ${count(facesInGallery)} faces; clients share the cores; higher is better`,
      x: { label: 'clients at once', ticks: clients.map((number, at) => [at, String(number)]) },
      y: { label: 'images a second' },
    }),
    '',
    ...table(
      ['', 'clients', 'images a second', 'p50', 'p95', 'p99', 'event loop delay, p99 / most'],
      rows.map(({ id, clients, imagesPerSecond, latencyMs, eventLoopDelayMs: delay }) => [
        titles[id],
        clients,
        format(imagesPerSecond),
        `${format(latencyMs.p50)} ms`,
        `${format(latencyMs.p95)} ms`,
        `${format(latencyMs.p99)} ms`,
        delay ? `${format(delay.p99)} / ${format(delay.max)} ms` : '',
      ]),
    ),
    '',
    `Alone, an image takes ${format(overhead.p50Ms.pipeline)} ms in the bare pipeline (p50); the library adds ${format(overhead.overPipelineMs.library)} ms, and HTTP, JSON and the search together ${format(overhead.overPipelineMs.http)} ms (median of the differences, image by image).`,
    '',
    `Overload: ${overload.clients} clients at once sent ${count(overload.sent)} requests and tried again as soon as they were refused. ${count(overload.answered)} were answered, ${count(overload.refusedWith503)} refused with 503 (${count(overload.refusedWithRetryAfter)} with Retry-After) and ${overload.lostConnections} lost; the server counted ${count(overload.countedByServer.ok)} and ${count(overload.countedByServer.refused)}. A refusal came after ${format(overload.refusedAfterMs.p50)} ms (p50; p95 ${format(overload.refusedAfterMs.p95)}), an answer after ${format(overload.answeredAfterMs.p50)} ms. The server had at most ${format(memory.highWaterBytes / 1e6)} MB before the overload and ${format(memory.afterOverloadBytes / 1e6)} MB with it.`,
  ]
}

function indexSection({ results: galleries, probes, leastAgreement }) {
  const dimensions = [...new Set(galleries.map(({ dimension }) => dimension))]
  const ids = [...new Set(galleries.flatMap(({ indexes }) => indexes.map(({ id }) => id)))]
  // The embedded default has the colour of our own.
  const colours = ['projected', 'faiss-Flat', 'exact', 'faiss-HNSW32', 'faiss-IVF']
  return [
    `Probes are ${count(probes.ofEnrolled)} other photographs of enrolled people and ${count(probes.ofStrangers)} of strangers. FAISS' approximate indexes are searched with the least effort that finds the same best face as the exact search for ${leastAgreement} of the enrolled, or with the most that was tried. *Agreement*: same best face as exact. *Right*: the best face is the right person's. *First search*: from the last enrolment until a search has found it; *settled*: until the projected index has learned all that came, in the background.`,
    '',
    ...dimensions.flatMap((dimension) => {
      const own = galleries.filter((one) => one.dimension === dimension)
      const series = ids
        .map((id) => {
          const found = own.flatMap(({ rows, indexes }) =>
            indexes.filter((one) => one.id === id).map((one) => [rows, one]),
          )
          const last = found.at(-1)?.[1]
          return {
            label: last === undefined ? id : `${toTitle(last)}: ${toShare(last.agreementEnrolled)}`,
            colour: Math.max(0, colours.indexOf(id)),
            strong: id === 'projected' || id === 'exact',
            points: found.map(([rows, one]) => [rows, one.oneP50Ms]),
          }
        })
        .filter(({ points }) => points.length > 0)
      return [
        chart(`bench-search-${dimension}`, `Milliseconds of a search, ${dimension}-D`, series, {
          title: `Search of one probe, ${dimension} dimensions`,
          subtitle: 'Median; beside the name the agreement with exact search at the largest size',
          x: {
            label: 'faces in the gallery',
            log: true,
            ticks: own.map(({ rows }) => [rows, count(rows)]),
          },
          y: { label: 'milliseconds', log: true },
        }),
        '',
        ...table(
          [
            ...[
              'faces',
              'index',
              'added in',
              'first search',
              'settled after',
              'bytes a face',
              'snapshot read in',
            ],
            ...['one probe p50', 'p99', '64 probes p50', 'p99'],
            ...['agreement', 'strangers', 'recall@10', 'right'],
          ],
          own.flatMap(({ rows, indexes }) =>
            indexes.map((one) => [
              count(rows),
              toTitle(one),
              `${format(one.addMs / 1000)} s`,
              one.firstSearchMs === undefined ? '' : `${format(one.firstSearchMs)} ms`,
              `${format(one.settledMs / 1000)} s`,
              count(Math.round(one.bytesPerVector)),
              one.loadMs === undefined ? '' : `${format(one.loadMs / 1000)} s`,
              `${format(one.oneP50Ms)} ms`,
              `${format(one.oneP99Ms)} ms`,
              `${format(one.manyP50Ms)} ms`,
              `${format(one.manyP99Ms)} ms`,
              toShare(one.agreementEnrolled),
              toShare(one.agreementStrangers),
              toShare(one.recallAt10),
              toShare(one.rightIdentities),
            ]),
          ),
        ),
        '',
      ]
    }),
    `Bytes are resident memory of the process that holds the index. ${[...new Set(galleries.map(({ source }) => source))].join('; ')}.`,
  ]
}

function toTitle({ id, effort }) {
  const title = id.replace('faiss-', 'FAISS ')
  return effort === undefined ? title : `${title} (${effort})`
}

function toShare(value) {
  return value.toFixed(4)
}

function enrollSection({ images, photographs, results: ways }) {
  return [
    `${count(images)} photographs (${photographs}), a person each, into an empty gallery, with the start of the program; every enrolment is on disk before it counts.`,
    '',
    ...table(
      ['', 'images a second', 'enrolled', 'all on disk afterwards'],
      [
        ['`face-watcher enroll FOLDER`', ways.commandLine],
        ['library', ways.library],
      ].map(([title, way]) => [
        title,
        format(way.imagesPerSecond),
        count(way.enrolled),
        way.allOnDisk ? 'yes' : 'no',
      ]),
    ),
  ]
}

function startSection({ results: galleries }) {
  return table(
    ['faces', 'ready after', 'slowest', 'resident, idle after some images', 'bytes a face'],
    galleries.map((one) => [
      count(one.faces),
      `${format(one.readyMs / 1000)} s`,
      `${format(one.slowestMs / 1000)} s`,
      `${format(one.residentBytesIdle / 1e6)} MB`,
      one.bytesPerFace === undefined ? '' : count(Math.round(one.bytesPerFace)),
    ]),
  )
}

function soakSection({ minutes, clients, requests, failures, slopes, samples }) {
  const { residentMiBPerHour: memory, p50MsPerHour: latency } = slopes
  const series = [
    {
      label: 'resident memory',
      colour: 0,
      strong: true,
      points: samples.map(({ minute, residentBytes }) => [minute, residentBytes / 1e6]),
    },
  ]
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = samples[Math.round(share * (samples.length - 1))].minute
    return [at, format(Math.round(at * 10) / 10)]
  })
  return [
    chart('bench-soak', 'Resident memory under load over time', series, {
      title: 'Memory under steady load',
      subtitle: `${clients} clients, without a pause`,
      x: { label: 'minutes', ticks },
      y: { label: 'MB' },
    }),
    '',
    `${count(requests)} requests in ${minutes} min, ${failures} failures. Slope of the memory ${format(memory.slope)} +- ${format(memory.standardError)} MiB an hour, of the median latency ${format(latency.slope)} +- ${format(latency.standardError)} ms an hour.`,
  ]
}

function lighthouseSection({ lighthouse, faces, runs, bundle, results: screens }) {
  const seconds = (ms) => `${format(ms / 1000)} s`
  return [
    `Lighthouse ${lighthouse}, a gallery of ${count(faces)} faces; points of 100, times as it computes them for a slow phone (mobile) and a desk (desktop)${runs === undefined ? '' : `; the middle one of ${count(runs)} runs`}. The aim is 95 in each. The start page loads ${format(bundle.startPageKb)} kB of compressed JavaScript, ${format(bundle.firstLoadKb)} kB with what follows by itself.`,
    '',
    ...table(
      [
        ...['screen', 'device', 'performance', 'accessibility', 'best practices'],
        ...['first paint', 'largest paint', 'blocked', 'layout shift', 'loaded'],
      ],
      screens.map((one) => [
        ...[one.screen, one.form, one.performance, one.accessibility, one.bestPractices],
        ...[seconds(one.firstPaintMs), seconds(one.largestPaintMs)],
        ...[
          `${Math.round(one.blockedMs)} ms`,
          format(one.layoutShift),
          `${count(Math.round(one.transferredBytes / 1000))} kB`,
        ],
      ]),
    ),
  ]
}

function liveSection({ frame, rounds, seconds, rows }) {
  const ways = { live: 'Live', before: 'the page before' }
  return [
    `Frames of ${frame} that are answered and drawn in a second, from a video of real faces as the camera of Chromium, on the machine that runs the server; medians of ${rounds} rounds of ${seconds} s. The delay is from taking a frame until its names are shown. *The page before* sent one frame after the other, at most ten a second; *Live* sends at most twenty.`,
    '',
    ...table(
      ['page', 'faces', 'frames a second', 'slowest and fastest round', 'delay'],
      rows.map((one) => [
        ...[ways[one.way], String(one.faces), format(one.framesPerSecond)],
        `${format(one.slowest)} to ${format(one.fastest)}`,
        `${format(one.delayMs)} ms`,
      ]),
    ),
  ]
}

function peoplePageSection(result) {
  const { persons, firstCardMs, endMs, chooseAllMs, typedMs, frames, allLoaded } = result
  const middle = (list) => Math.round(percentile(list, 0.5))
  return [
    `The list of ${count(persons)} persons with photographs in Chromium, without a graphics processor, on the machine of the server. The first card is there after ${Math.round(firstCardMs)} ms, the last of all ${format(endMs / 1000)} s after the End key, which loads everybody; a typed letter changes the list after ${middle(typedMs)} ms, of which 250 are waited for the next letter, and Ctrl+A chooses everybody in ${middle(chooseAllMs)} ms. With everybody loaded the page has ${count(allLoaded.elements)} elements and ${Math.round(allLoaded.heapMiB)} MiB of JavaScript's memory. Times from frame to frame:`,
    '',
    ...table(
      ['while', 'frames', 'median', '95 %', 'longest', 'above 50 ms'],
      Object.entries(frames).map(([what, one]) => [
        ...[what, count(one.frames), `${format(one.p50)} ms`, `${format(one.p95)} ms`],
        ...[`${format(one.longest)} ms`, `${format(100 * one.above50)} %`],
      ]),
    ),
  ]
}

function targetsSection() {
  const others = elsewhere.map((one) => evaluateTargets(one.results))
  return [
    'Ratios in one run on two cores; above 1 is faster than the peer. The prototype is what was measured before the work began.',
    '',
    ...(notes.machines === undefined ? [] : [notes.machines, '']),
    ...table(
      [
        ...['what', 'prototype', 'target', 'measured', ''],
        ...elsewhere.map(({ machine }) => `measured on ${machine}`),
        'limit, and why',
      ],
      evaluateTargets(results).map(
        ({ key, what, prototype, target, measured, reached, from }, row) => [
          ...[what, prototype, target],
          measured ?? `not measured (${from.join(', ')})`,
          toVerdict(reached),
          ...others.map((targets) => {
            const { measured: there, reached: reachedThere } = targets[row]
            return there === undefined ? '' : `${there}; ${toVerdict(reachedThere)}`
          }),
          notes[key] ?? '',
        ],
      ),
    ),
  ]
}

function toVerdict(reached) {
  if (reached === undefined) return ''
  return reached ? 'reached' : '**missed**'
}

function sourcesSection() {
  const all = [{ results, missing: true }, ...elsewhere].flatMap(
    ({ machine, results: own, missing = false }) =>
      benchmarks
        .filter((name) => missing || own[name] !== undefined)
        .map((name) => [machine === undefined ? name : `${machine}/${name}`, name, own[name]]),
  )
  return table(
    ['result', 'command', 'measured', 'commit', 'machine', 'load before'],
    all.map(([path, name, result]) => {
      if (result === undefined) return [`${path}.json`, `\`npm run bench:${name}\``, '', '', '', '']
      const { command, date, commit, dirty, machine, quick } = result
      return [
        `${path}.json`,
        `\`${command}\``,
        `${date.slice(0, 10)}${quick ? ', a quick look' : ''}`,
        `${commit}${dirty ? ' and changes' : ''}`,
        `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`,
        format(machine.loadAverage),
      ]
    }),
  )
}

/** Renders a chart, and answers the line that shows it. */
function chart(name, alternative, series, options) {
  const file = join(args.images, `${name}.svg`)
  files.set(file, renderLines(series, options))
  return `![${alternative}](${relative(dirname(args.out), file)})`
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
