/** Works on all items, some at a time; the first error stops the rest and is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  let stopped = false
  const run = async (): Promise<void> => {
    while (next < items.length && !stopped) await work(items[next++] as T)
  }
  const outcomes = await Promise.allSettled(
    Array.from({ length: atOnce }, () =>
      run().catch((error: unknown) => {
        stopped = true
        throw error
      }),
    ),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
