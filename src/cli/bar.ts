import cliProgress from 'cli-progress'

/** A bar on a terminal. */
export interface Bar {
  /** @param share  0 to 1 */
  draw(share: number, state: string): void
  /** Leaves the last state on the screen. */
  stop(): void
}

/** Begins a bar, which is drawn on `stream`. */
export function createBar(stream: NodeJS.WriteStream, label: string): Bar {
  const bar = new cliProgress.SingleBar({
    // Ctrl-C finishes what is in flight; the command stops the bar itself.
    ...{ stream, hideCursor: true, gracefulExit: false, barsize: 28 },
    format: '{label} [{bar}] {state}',
  })
  bar.start(1, 0, { label, state: '' })
  return {
    draw: (share, state) => bar.update(Math.min(1, share), { state }),
    stop: () => bar.stop(),
  }
}
