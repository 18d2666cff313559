import { Type } from 'typebox'
import { access } from './sections/access.ts'
import { policy, quality } from './sections/decisions.ts'
import { http } from './sections/http.ts'
import { history, jobs, strangers } from './sections/keeping.ts'
import { log } from './sections/log.ts'
import { section } from './sections/section.ts'
import { index, store, sync } from './sections/storage.ts'
import { analyzer, detector, limits, models } from './sections/vision.ts'

/**
 * Every key of the configuration with its default, its range and its description. Properties of
 * type object are sections; all others are values. `secret: true` marks values never shown.
 */
export const configSchema = Type.Object(
  {
    dataDir: Type.String({
      minLength: 1,
      description:
        'Directory of the database, the models and the index snapshots. `~/` is your home; a relative path in a file is relative to that file.',
    }),
    http,
    access,
    limits,
    models,
    detector,
    quality,
    policy,
    analyzer,
    store,
    index,
    sync,
    jobs,
    history,
    strangers,
    log,
  },
  section,
)
