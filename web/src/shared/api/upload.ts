/** How much of what is sent has left the browser. */
export interface SentBytes {
  readonly sent: number
  readonly total: number
}

interface UploadOptions {
  readonly onProgress: (progress: SentBytes) => void
  readonly signal: AbortSignal
}

/**
 * Creates a `fetch` that sends this form and tells how far it is. The browser's own does not tell, so
 * it is an XMLHttpRequest.
 */
export function createUploadFetch(
  form: FormData,
  { onProgress, signal }: UploadOptions,
): (request: Request) => Promise<Response> {
  return (request) =>
    new Promise((resolve, reject) => {
      const upload = new XMLHttpRequest()
      upload.open(request.method, request.url)
      request.headers.forEach((value, name) => {
        // That of the form names its boundary, which the browser draws anew.
        if (name !== 'content-type') upload.setRequestHeader(name, value)
      })
      upload.upload.addEventListener('progress', ({ loaded, total }) =>
        onProgress({ sent: loaded, total }),
      )
      upload.addEventListener('load', () => resolve(toResponse(upload)))
      upload.addEventListener('error', () => reject(new TypeError('The upload has failed.')))
      upload.addEventListener('abort', () =>
        reject(new DOMException('The upload was stopped.', 'AbortError')),
      )
      if (signal.aborted) return reject(new DOMException('The upload was stopped.', 'AbortError'))
      signal.addEventListener('abort', () => upload.abort())
      upload.send(form)
    })
}

function toResponse(upload: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const line of upload.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return new Response(upload.responseText, { status: upload.status, headers })
}
