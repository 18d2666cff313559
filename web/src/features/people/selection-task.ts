import type { BulkFailure } from './use-bulk.ts'

/** What is being done with those who are chosen, in a dialog. */
export type SelectionTask =
  | { readonly kind: 'delete' | 'merge' | 'tags'; readonly ids: readonly string[] }
  | { readonly kind: 'failures'; readonly failures: readonly BulkFailure[] }
