/**
 * Runs `work` on all items, at most `concurrency` at once, and yields the results in the items'
 * order. The first rejection ends it.
 *
 * @param stop  once aborted no new item is begun; those begun are finished and yielded
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  options: { readonly concurrency: number; readonly stop?: AbortSignal },
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  const source = read(items)
  let isEnded = false
  const fill = async () => {
    while (running.length < options.concurrency && !isEnded && options.stop?.aborted !== true) {
      const next = await source.next()
      isEnded = next.done === true
      if (next.done) return
      const promise = work(next.value)
      // It is awaited below; until then a rejection must not count as unhandled.
      promise.catch(() => {})
      running.push(promise)
    }
  }
  try {
    for (await fill(); running.length > 0; await fill()) yield await (running.shift() as Promise<R>)
  } finally {
    await source.return(undefined)
  }
}

async function* read<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, undefined> {
  yield* items
  return undefined
}
