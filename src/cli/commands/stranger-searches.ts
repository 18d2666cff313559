import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { loadImageFile } from '../load-image.ts'
import { numberOption } from '../option-parsers.ts'
import { formatCount, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listRows } from '../pages.ts'

interface SeekOptions {
  readonly collection: string
  readonly maxFmr?: number
  readonly similarity?: number
  readonly json?: boolean
}

interface EraseOptions extends SeekOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `strangers search|erase`: what resembles a face. */
export function addStrangerSearches(strangers: Command, { output, withModels }: CliContext): void {
  const addSeek = (usage: string, description: string) =>
    strangers
      .command(usage)
      .description(description)
      .option('--collection <name>', 'collection', defaultCollectionName)
      .option(
        '--max-fmr <rate>',
        'rate of false matches of one comparison (default 0.0001)',
        numberOption(0, 1),
      )
      .option('--similarity <similarity>', 'the same, as a similarity', numberOption(-1, 1))

  addListOptions(
    addSeek('search <image>', 'find sightings that resemble a face, back in time'),
  ).action((path: string, options: SeekOptions & ListOptions) =>
    withModels(async ({ faceWatcher }, { limits }) => {
      const { collection } = options
      const { bytes } = await loadImageFile(path, limits.maxImageBytes)
      await faceWatcher.strangers.settle(collection)
      const page = await listRows(
        // A copy, as the analyzer takes what it is given.
        (part) =>
          faceWatcher.strangers.search(collection, bytes.slice(), {
            ...part,
            ...toOptions(options),
          }),
        options,
        output,
      )
      if (options.json) return output.json(page)
      output.table(
        ['sighting', 'seen', 'similarity', 'source', 'stranger'],
        page.items.map((it) => [
          ...[it.id, it.seenAt, it.similarity.toFixed(3), toPrintable(it.source ?? '')],
          it.personId ?? it.strangerId ?? '',
        ]),
      )
    }),
  )

  addSeek('erase <image>', 'erase every sighting that resembles a face, for who asks for that')
    .option('--dry-run', 'only say what would be erased')
    .option('--yes', yesHelp)
    .option('--json', 'print JSON')
    .action((path: string, options: EraseOptions) =>
      withModels(async ({ faceWatcher }, { limits }) => {
        const { collection, dryRun = false } = options
        const chosen = { ...toOptions(options), persons: true }
        const { bytes } = await loadImageFile(path, limits.maxImageBytes)
        const planned = await faceWatcher.strangers.erase(collection, bytes.slice(), chosen)
        if (!dryRun) {
          const what = `This erases ${formatCount(planned.erased, 'sighting')} of ${formatCount(planned.strangers.length, 'stranger')}.`
          if (!(await confirm(what, options, output))) return
        }
        const done = dryRun
          ? planned
          : await faceWatcher.strangers.erase(collection, bytes, { ...chosen, dryRun })
        if (options.json) return output.json(done)
        const erased = dryRun ? 'would be erased' : 'erased'
        output.print(
          `${formatCount(done.compared, 'sighting')} compared, ${done.resembling} resemble the face (similarity from ${done.threshold.toFixed(3)}), ${done.erased} ${erased}.`,
        )
        for (const { id, count, resembling } of done.strangers) {
          output.print(`stranger ${id}: ${resembling} of ${formatCount(count, 'sighting')}`)
        }
        for (const { personId, personName, similarity } of done.persons ?? []) {
          output.print(
            `enrolled, not erased: ${toPrintable(personName)} (${personId}), ${similarity.toFixed(3)}`,
          )
        }
      }),
    )
}

function toOptions({ maxFmr, similarity }: SeekOptions) {
  return {
    ...(maxFmr === undefined ? {} : { maxFmr }),
    ...(similarity === undefined ? {} : { similarity }),
  }
}
