/** The name of a suite that is skipped when there is a reason; the reason stands in it. */
export function nameWithReason(name: string, reason: string | undefined): string {
  return reason === undefined ? name : `${name} (skipped: ${reason})`
}
