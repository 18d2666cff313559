/**
 * Property tests draw the same cases in every run, so that a change is judged by itself and not by
 * luck. `PROPERTY_SEED` and `PROPERTY_RUNS` look for cases that the usual ones miss.
 */
import fc from 'fast-check'

fc.configureGlobal({
  seed: Number(process.env['PROPERTY_SEED'] ?? 20_260_101),
  numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100),
})
