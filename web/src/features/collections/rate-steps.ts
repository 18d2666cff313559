/** Rates that the slider offers, as names in 1,000 strangers: about as far apart as one can tell. */
const offered = [0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100]

/** The rates of the slider, ascending, with these among them. */
export function rateSteps(others: readonly number[]): readonly number[] {
  const rates = new Set([...offered.map((count) => count / 1000), ...others])
  return [...rates].sort((a, b) => a - b)
}
