/** The states of a job, as the API has them. */
export const jobStates = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'] as const

/** What the address of the jobs says. */
export interface JobsSearch {
  /** Only jobs in this state. */
  readonly state?: (typeof jobStates)[number]
}

/** Reads what the address of the jobs says; anything else is left out. */
export function parseJobsSearch({ state }: Readonly<Record<string, unknown>>): JobsSearch {
  const known = jobStates.find((one) => one === state)
  return known === undefined ? {} : { state: known }
}

/** What the address of the configuration says. */
export interface ConfigurationSearch {
  /** Also what has its default. */
  readonly all?: true
}

/** Reads what the address of the configuration says; anything else is left out. */
export function parseConfigurationSearch({
  all,
}: Readonly<Record<string, unknown>>): ConfigurationSearch {
  return all === true ? { all } : {}
}
