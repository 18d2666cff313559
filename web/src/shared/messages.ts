import type { ApiProblem } from './api-client.ts'
import type { EnrollHint, EnrollWarning, RejectionReason, UndeterminedReason } from './api-types.ts'

/** Faults of a face and what helps, by the API's reasons. */
const faceTexts: Readonly<Record<UndeterminedReason, { what: string; advice: string }>> = {
  notAFace: {
    what: 'It is not clear that this is a face.',
    advice: 'Use a photo that shows the face clearly.',
  },
  rotated: {
    what: 'The face stands on its side or its head.',
    advice: 'Turn the photo upright.',
  },
  cutOff: {
    what: "The picture's edge cuts the face.",
    advice: 'Use a photo of the whole face.',
  },
  occluded: {
    what: 'Something covers the face.',
    advice: 'Take off mask or sunglasses, and move hair or hands away.',
  },
  tooSmall: {
    what: 'The face is too small.',
    advice: 'Come nearer, or use a closer or larger photo.',
  },
  tooBlurred: {
    what: 'The face is too blurred.',
    advice: 'Hold still, or use a sharper photo.',
  },
  tooNoisy: {
    what: 'The picture is too grainy.',
    advice: 'Add light, or use the original photo.',
  },
  tooDark: { what: 'The face is too dark.', advice: 'Add light from the front.' },
  tooBright: { what: 'The face is too bright.', advice: 'Avoid direct light.' },
  extremePose: { what: 'The face is turned too far.', advice: 'Look towards the camera.' },
  damaged: { what: 'The picture of the face is damaged.', advice: 'Use another photo.' },
}

/** Why an image was not registered where the face itself is not the reason, and what helps. */
const imageTexts: Readonly<Record<Exclude<RejectionReason, UndeterminedReason>, string>> = {
  unsupportedImage: 'This file is not an image the server can read. Use JPEG, PNG or WebP.',
  corruptImage: 'The file is damaged or cut off.',
  imageTooLarge: 'The image is larger than the server allows.',
  emptyImage: 'The file is empty.',
  noFace: 'No face was found. Use a photo where the face is visible and not too small.',
  multipleFaces: 'There are several faces in this photo. Use a photo of this person alone.',
  faceTooSmall: toSentences(faceTexts.tooSmall),
  lowConfidence: toSentences(faceTexts.notAFace),
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
  forbidden: 'This is not allowed here, or not with your API key.',
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
  return findText(reason) ?? fallback
}

/** Warning about a photo that was registered all the same, in one sentence. */
export function warningText(warning: EnrollWarning): string {
  switch (warning.reason) {
    case 'duplicateOfOtherPerson':
      return `This face looks like ${warning.personName}, who is registered already (similarity ${warning.similarity.toFixed(2)}).`
    case 'weakPhotograph':
      return 'The photo is weak (blurred, dark, turned away or partly covered): this person may be missed more often. Add a better one.'
    default:
      return toOwnWords(warning)
  }
}

/** Hint that says how a person would be found more easily, in one sentence. */
export function hintText({ reason, message }: EnrollHint): string {
  if (reason === 'onePhotograph')
    return 'A second photo about halves how often this person is missed.'
  return message
}

/** The server's own words, for something of a newer server that this page does not know. */
function toOwnWords(item: never): string {
  return (item as { readonly message?: string }).message ?? ''
}

/** How a photo was read that is not upright; `undefined` when there is nothing to say. */
export function turnedText(turned: number): string | undefined {
  if (turned === 0) return undefined
  return `The photo ${turned === 180 ? 'stands on its head' : 'lies on its side'}; it was read upright.`
}

/** Why a face cannot be compared, in plain sentences without advice. */
export function undeterminedText(reasons: readonly UndeterminedReason[]): string {
  // A newer server may have reasons that this page does not know.
  const known = reasons.flatMap((reason) => faceTexts[reason]?.what ?? [])
  return known.length > 0 ? known.join(' ') : 'The face cannot be compared.'
}

/** One plain sentence for a failed request. */
export function problemText(problem: ApiProblem): string {
  // The message names the scope, for whoever makes the key.
  if (problem.code === 'missingScope') return `Your API key does not allow this. ${problem.message}`
  return problemTexts[problem.code] ?? findText(problem.code) ?? problem.message
}

function findText(reason: string): string | undefined {
  if (Object.hasOwn(faceTexts, reason)) return toSentences(faceTexts[reason as UndeterminedReason])
  return Object.hasOwn(imageTexts, reason)
    ? imageTexts[reason as keyof typeof imageTexts]
    : undefined
}

function toSentences({ what, advice }: { what: string; advice: string }): string {
  return `${what} ${advice}`
}

/** Whether the request may simply be sent again later. */
export function isTemporary(problem: ApiProblem): boolean {
  return temporaryCodes.has(problem.code)
}

/** Texts about a camera that does not run. */
export function cameraText(problem: CameraProblem): { title: string; text: string } {
  return cameraTexts[problem]
}

/** The problem that an error of `getUserMedia` means (Media Capture and Streams, section 10.2). */
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

/** Smallest rate that is shown: no set of photographs that was counted supports a smaller one. */
const smallestShownRate = 1e-6

/**
 * A false match rate as "1 in N", rounded to one digit. What was not counted is given as the bound
 * of what was, never as a number of its own.
 *
 * @param extrapolated  the rate lies beyond what was counted
 */
export function rateText(rate: number, extrapolated = false): string {
  const count = 1 / Math.max(rate, smallestShownRate)
  // Two digits, rounded down, as the command line says it; 1 / 1e-5 is a hair below 100,000.
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count) + 1e-9) - 1)
  const oneIn = `1 in ${(Math.floor(count / step + 1e-6) * step).toLocaleString('en')}`
  return extrapolated || rate < smallestShownRate ? `rarer than ${oneIn}` : oneIn
}

/** "1 face", "2 faces". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
