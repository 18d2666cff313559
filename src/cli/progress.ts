import type { JobProgress } from '../storage/ports/jobs.ts'
import type { Bar } from './bar.ts'
import type { Output } from './output.ts'
import { toStageText } from './stage-texts.ts'

/** How progress is told: a bar on a terminal and lines elsewhere, or JSON for programs. */
export const progressForms = ['auto', 'json'] as const
export type ProgressForm = (typeof progressForms)[number]

/** Shows how far a job is, on stderr. */
export interface ProgressView {
  show(progress: JobProgress): void
  /** Leaves the last state on the screen. */
  stop(): void
}

/** Lines of a log that nobody watches: often enough to see life, rare enough to read. */
const lineIntervalMs = 5000
/** A program can be told more often. */
const jsonIntervalMs = 1000
/** A bar is drawn for people. */
const barIntervalMs = 100

/** Shows one stage. */
interface StageView {
  show(progress: JobProgress): void
  stop(last: JobProgress): void
}

/**
 * Shows the stages of a job, one after the other: a bar on a terminal, else a line at the beginning and
 * every few seconds; as JSON, a line at the beginning, every second and at the end of each stage.
 *
 * @param options `kind`: of the job; `id`: of the job, once it is known
 */
export async function createProgress(
  output: Output,
  options: { readonly kind: string; readonly form: ProgressForm; id?(): string | undefined },
): Promise<ProgressView> {
  const { kind, form } = options
  const bars = form === 'auto' && output.stderr.isTTY ? await import('./bar.ts') : undefined
  let current: { readonly view: StageView; last: JobProgress } | undefined

  function begin(first: JobProgress): StageView {
    const [label, unit] = toStageText(kind, first.stage)
    if (form === 'json') return showJson(output, { kind, id: options.id })
    if (bars === undefined) return showLines(output, { label, unit, first })
    return showBar(bars.createBar(output.stderr, label), unit)
  }

  function stop(): void {
    current?.view.stop(current.last)
    current = undefined
  }

  return {
    show(progress) {
      if (current?.last.stage !== progress.stage) {
        stop()
        current = { view: begin(progress), last: progress }
      }
      current.last = progress
      current.view.show(progress)
    },
    stop,
  }
}

function showBar(bar: Bar, unit: string): StageView {
  const isDue = createTicks(barIntervalMs)
  const draw = (progress: JobProgress) => {
    const { done, total } = progress
    bar.draw(total ? done / total : 0, describeProgress(progress, unit))
  }
  return {
    show: (progress) => {
      if (isDue()) draw(progress)
    },
    stop(last) {
      draw(last)
      bar.stop()
    },
  }
}

function showLines(
  output: Output,
  about: { readonly label: string; readonly unit: string; readonly first: JobProgress },
): StageView {
  const { label, unit, first } = about
  const isDue = createTicks(lineIntervalMs)
  isDue()
  output.note(first.total ? `${label} ${formatTotal(first.total, unit)}.` : `${label} ...`)
  return {
    show: (progress) => {
      if (isDue()) output.note(`${label} ${describeProgress(progress, unit)}`)
    },
    stop: () => {},
  }
}

function showJson(
  output: Output,
  about: { readonly kind: string; readonly id?: (() => string | undefined) | undefined },
): StageView {
  const isDue = createTicks(jsonIntervalMs)
  let written: JobProgress | undefined
  const write = (progress: JobProgress) => {
    if (progress === written) return
    written = progress
    output.note(JSON.stringify({ job: about.id?.(), kind: about.kind, ...progress }))
  }
  return {
    show: (progress) => {
      if (isDue()) write(progress)
    },
    stop: write,
  }
}

/** @returns whether enough time has passed since it said so last; at first it has */
function createTicks(intervalMs: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - last < intervalMs) return false
    last = now
    return true
  }
}

/** `30 images`, `1 image`. */
function formatTotal(total: number, unit: string): string {
  return `${total} ${total === 1 ? unit.replace(/s$/, '') : unit}`
}

/** For instance `120/1000 images | 14.2 images/s | 1 min 2 s left`. */
export function describeProgress(
  { done, total, perSecond, remainingSeconds }: JobProgress,
  unit: string,
): string {
  const parts = [total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`]
  if (perSecond !== undefined) parts.push(`${perSecond.toFixed(1)} ${unit}/s`)
  if (remainingSeconds) parts.push(`${formatDuration(remainingSeconds)} left`)
  return parts.join(' | ')
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
