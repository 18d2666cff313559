import type { TaskQueue } from 'piscina'
import { queueOptionsSymbol } from 'piscina'

type Task = NonNullable<ReturnType<TaskQueue['shift']>>

/** A queue, first in, first out, whose waiting tasks can be cancelled. */
export interface CancellableTaskQueue extends TaskQueue {
  unshift(task: Task): void
  /** Takes out the task that was posted with this ticket; false when it is not waiting (any more). */
  cancel(ticket: object): boolean
}

/**
 * The queue of a worker pool.
 *
 * The pool's own abort signals are not used: it keeps tasks that have one outside of its bounded
 * queue, without a bound (piscina 5.3), and aborting a running one ends the worker, whose networks
 * would have to be loaded again.
 */
export function createTaskQueue(): CancellableTaskQueue {
  const tasks: Task[] = []
  const takeOut = (at: number): boolean => at >= 0 && tasks.splice(at, 1).length > 0
  return {
    get size() {
      return tasks.length
    },
    push: (task) => void tasks.push(task),
    unshift: (task) => void tasks.unshift(task),
    shift: () => tasks.shift() ?? null,
    remove: (task) => void takeOut(tasks.indexOf(task)),
    cancel: (ticket) => takeOut(tasks.findIndex((task) => task[queueOptionsSymbol] === ticket)),
  }
}
