import type { ApiProblem } from './api-client.ts'

/** Why an image was not registered, and what helps. Keys are the API's rejection reasons. */
const reasonTexts: Readonly<Record<string, string>> = {
  unsupportedImage: 'This file is not an image the server can read. Use JPEG, PNG or WebP.',
  corruptImage: 'The file is damaged or cut off.',
  imageTooLarge: 'The image is larger than the server allows.',
  emptyImage: 'The file is empty.',
  noFace: 'No face was found. Use a photo where the face is visible and not too small.',
  multipleFaces: 'There are several faces in this photo. Use a photo of this person alone.',
  faceTooSmall: 'The face is too small. Use a closer or larger photo.',
  tooBlurred: 'The face is too blurred. Hold still or use a sharper photo.',
  tooDark: 'The face is too dark. Add light from the front.',
  tooBright: 'The face is too bright. Avoid direct light.',
  extremePose: 'The face is turned too far. Look towards the camera.',
  lowConfidence: 'It is not clear enough that this is a face.',
  duplicateOfOtherPerson: 'This face is already registered under another name.',
  alreadyEnrolled: 'This photo was already registered.',
  fault: 'The server could not analyse this photo. Try again.',
}

const problemTexts: Readonly<Record<string, string>> = {
  unreachable: 'The server cannot be reached. Check that Face Watcher is running.',
  overloaded: 'The server is busy. Try again in a moment.',
  rateLimited: 'Too many requests at once. Try again in a moment.',
  storeBusy: 'The database is busy. Try again in a moment.',
  storeUnavailable: 'The database cannot be reached. Try again in a moment.',
  workerFailed: 'The server could not analyse this photo. Try again.',
  notReady: 'The server is starting or stopping. Try again in a moment.',
  unauthorized: 'This server needs an API key.',
  forbidden: 'Your API key does not allow this.',
  collectionNotFound: 'This collection no longer exists.',
  personNotFound: 'This person no longer exists.',
  payloadTooLarge: 'The image is larger than the server allows.',
  storeFull: "The server's disk is full; nothing was stored.",
  internal: 'Something went wrong on the server. Try again.',
}

const temporaryCodes: ReadonlySet<string> = new Set([
  'unreachable',
  'overloaded',
  'rateLimited',
  'storeBusy',
  'storeUnavailable',
  'notReady',
  // An enrolment was sent again while the first attempt is still in work.
  'idempotencyConflict',
])

export type CameraProblem = 'refused' | 'absent' | 'inUse' | 'insecure' | 'lost' | 'failed'

const cameraTexts: Readonly<Record<CameraProblem, { title: string; text: string }>> = {
  refused: {
    title: 'The camera was refused',
    text: "Allow the camera for this page in your browser's site settings, then try again. You can use photos instead.",
  },
  absent: {
    title: 'No camera was found',
    text: 'Connect a camera and try again, or use photos instead.',
  },
  inUse: {
    title: 'The camera is in use',
    text: 'Another program or tab is using the camera. Close it and try again, or use photos instead.',
  },
  insecure: {
    title: 'The camera needs a secure page',
    text: 'Browsers allow the camera only on https:// pages and on http://localhost. Open this page that way, or use photos instead.',
  },
  lost: {
    title: 'The camera stopped',
    text: 'It was unplugged or another program took it. Try again, or use photos instead.',
  },
  failed: {
    title: 'The camera could not be started',
    text: 'Try again, or use photos instead.',
  },
}

/** One plain sentence or two for a rejection reason; `fallback` for reasons this page does not know. */
export function reasonText(reason: string, fallback: string): string {
  return reasonTexts[reason] ?? fallback
}

/** One plain sentence for a failed request. */
export function problemText(problem: ApiProblem): string {
  return problemTexts[problem.code] ?? reasonTexts[problem.code] ?? problem.message
}

/** Whether the request may simply be sent again later. */
export function isTemporary(problem: ApiProblem): boolean {
  return temporaryCodes.has(problem.code)
}

/** What to tell about a camera that does not run. */
export function cameraText(problem: CameraProblem): { title: string; text: string } {
  return cameraTexts[problem]
}

/** Which problem an error of `getUserMedia` stands for (Media Capture and Streams, section 10.2). */
export function toCameraProblem(error: unknown): CameraProblem {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'absent'
    case 'NotReadableError':
    case 'AbortError':
      return 'inUse'
    default:
      return 'failed'
  }
}

/** A small rate as "1 in N", rounded to one digit. */
export function oneIn(rate: number): string {
  if (rate <= 0) return 'less than 1 in 1,000,000,000'
  const count = 1 / rate
  if (count >= 1e9) return 'less than 1 in 1,000,000,000'
  const unit = 10 ** Math.floor(Math.log10(count))
  return `1 in ${(Math.max(1, Math.round(count / unit)) * unit).toLocaleString('en')}`
}

/** "1 face", "2 faces". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
