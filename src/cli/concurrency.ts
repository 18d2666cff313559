/**
 * Runs `work` on all items, at most `concurrency` at once, and yields the results in the items'
 * order. The first rejection ends it.
 *
 * @param stop  once aborted no new item is begun; those begun are finished and yielded
 */
export async function* mapInOrder<T, R>(
  items: readonly T[],
  options: { readonly concurrency: number; readonly stop?: AbortSignal },
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  let next = 0
  const fill = () => {
    while (
      running.length < options.concurrency &&
      next < items.length &&
      options.stop?.aborted !== true
    ) {
      const promise = work(items[next++] as T)
      // It is awaited below; until then a rejection must not count as unhandled.
      promise.catch(() => {})
      running.push(promise)
    }
  }
  for (fill(); running.length > 0; fill()) yield await (running.shift() as Promise<R>)
}
