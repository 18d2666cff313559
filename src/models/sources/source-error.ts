/**
 * Why a source could not deliver, in words for the user. The installer collects those of all
 * sources of a model and makes one `modelInstallFailed` of them.
 */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}

const NETWORK_CODE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/
const NETWORK_WORDS = /NewConnectionError|ConnectTimeoutError|Max retries exceeded|Read timed out/

/** The error code in a tool's output when it reports a network that cannot be reached. */
export function findNetworkFailure(output: string): string | undefined {
  return NETWORK_CODE.exec(output)?.[1] ?? (NETWORK_WORDS.test(output) ? 'network' : undefined)
}

/** An error as the file system throws it, when a tool's output reports a full or read-only disk. */
export function findDiskFailure(output: string): NodeJS.ErrnoException | undefined {
  const code = /\b(ENOSPC|EROFS|EDQUOT)\b/.exec(output)?.[1]
  const isFull = code === undefined && /No space left on device/i.test(output)
  if (code === undefined && !isFull) return undefined
  return Object.assign(new Error('disk failure'), { code: code ?? 'ENOSPC' })
}

/** The last line of a tool's output that says something, cut to 200 characters. */
export function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return (lines.at(-1) ?? 'no message').trim().slice(0, 200)
}
