/** Beginning so far outside of the window, something counts as seen. */
const margin = '300px'

/** Waits until an element comes into sight; not after `signal` is aborted. */
export function whenSeen(element: Element, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return
        observer.disconnect()
        resolve()
      },
      { rootMargin: margin },
    )
    observer.observe(element)
    signal.addEventListener('abort', () => observer.disconnect())
  })
}
