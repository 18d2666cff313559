// Does the promise of the default policy hold, and what does it cost in misses? People are drawn and
// enrolled, others are searched for, over several sets of photographs and sizes of the gallery.
//
//   npm run bench:promise -- --lfw DIR [--celebrities DIR] [--studio DIR] [--embedder ID] [--draws 20]
//                            [--only WORD] [--data-dir DIR] [--cache DIR] [--quick] [--out FILE]
//
// DIR of --lfw holds lfw-deepfunneled.tar or lfw/; of the others one folder of photographs a person,
// or one photograph a person. --data-dir holds models/. Cases of absent sets are left out.
import { parseArgs } from 'node:util'
import { defaultPolicy } from '../dist/core/policy.js'
import { evaluatePromise } from '../dist/evaluation/promise.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createExactProvider } from '../dist/search/exact/provider.js'
import { embedSets } from './labelled-sets.mjs'
import { printTable, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    celebrities: { type: 'string' },
    studio: { type: 'string' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    draws: { type: 'string' },
    only: { type: 'string', default: '' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const draws = Number(args.draws ?? (args.quick ? 2 : 20))
/** Set, persons, photographs of each; and the set of the strangers where it is another one. */
const cases = [
  { set: 'lfw', persons: 100 },
  { set: 'lfw', persons: 1000 },
  { set: 'lfw', persons: 5000 },
  { set: 'lfw', persons: 600, photographs: 1 },
  { set: 'lfw', persons: 600, photographs: 2 },
  { set: 'lfw', persons: 600, photographs: 3 },
  { set: 'celebrities', persons: 100 },
  { set: 'celebrities', persons: 100, photographs: 3 },
  { set: 'studio', persons: 100 },
  { set: 'studio', persons: 300 },
  { set: 'studio', persons: 1000 },
  { set: 'lfw', persons: 1000, strangers: 'studio' },
  { set: 'studio', persons: 1000, strangers: 'lfw' },
  { set: 'celebrities', persons: 100, strangers: 'studio' },
  { set: 'studio', persons: 1000, strangers: 'celebrities' },
]
const wanted = cases.filter(
  ({ set, persons, strangers = set }) =>
    args[set] !== undefined &&
    args[strangers] !== undefined &&
    `${set} ${persons}`.includes(args.only),
)
if (wanted.length === 0) {
  console.error('usage: npm run bench:promise -- --lfw DIR [--celebrities DIR] [--studio DIR]')
  process.exit(2)
}

const { models } = await loadManifest()
const model = models.find(({ id }) => id === args.embedder)
const names = wanted.flatMap(({ set, strangers = set }) => [set, strangers])
const sets = await embedSets(names, args, models)
const provider = createExactProvider()
const results = []
try {
  const index = await provider.open('promise', model.dimension)
  for (const { set, strangers, ...options } of wanted)
    results.push(await run(set, strangers, options))
  async function run(set, strangers, options) {
    const input = { index, policy: defaultPolicy, curve: model.fmrCurve, enrolled: sets[set] }
    if (model.judge !== undefined) input.judge = model.judge
    if (strangers !== undefined) input.strangers = sets[strangers]
    const result = await evaluatePromise(input, { ...options, draws })
    console.error(`${set} ${options.persons} x ${result.photographs} <- ${result.strangers} done`)
    return result
  }
} finally {
  await provider.close()
}
const rate = (value) =>
  value === undefined ? '-' : `${value.mean.toFixed(4)} +- ${value.std.toFixed(4)}`
printTable(
  results.map((result) => ({
    gallery: `${result.enrolled} ${result.persons} x ${result.photographs}`,
    strangers: result.strangers,
    FPIR: rate(result.match.fpir),
    FNIR: rate(result.match.fnir),
    'FPIR possible': rate(result.possible.fpir),
    'FPIR, no shift': rate(result.withoutShift.fpir),
    'FNIR, no shift': rate(result.withoutShift.fnir),
  })),
)
const standardOut = args.quick ? undefined : `bench/results/promise-${args.embedder}.json`
writeResult(
  'promise',
  { ...args, out: args.out ?? standardOut },
  {
    question:
      'share of strangers named and of enrolled people missed at the default policy, by set',
    embedder: args.embedder,
    policy: defaultPolicy,
    results,
  },
)
