import type { UndeterminedReason } from './types.ts'

interface ReasonWords {
  /** The fault, as a clause. */
  readonly what: string
  /** Advice for a person, as a clause in the imperative. */
  readonly advice: string
}

const words: Readonly<Record<UndeterminedReason, ReasonWords>> = {
  notAFace: {
    what: 'it is not clear that this is a face',
    advice: 'use a picture that shows the face clearly',
  },
  rotated: {
    what: 'the face stands on its side or its head',
    advice: 'turn the picture upright',
  },
  cutOff: {
    what: "the image's edge cuts the face",
    advice: 'use a picture that shows the whole face',
  },
  occluded: {
    what: 'something covers the face',
    advice: 'take off mask, sunglasses or whatever covers it',
  },
  tooSmall: {
    what: 'the face is too small',
    advice: 'come nearer, or use a larger picture',
  },
  tooBlurred: {
    what: 'the face is blurred',
    advice: 'hold still, or use a sharper picture',
  },
  tooNoisy: {
    what: 'the picture is grainy',
    advice: 'take it in better light, or use the original file',
  },
  tooDark: {
    what: 'the face is too dark',
    advice: 'add light from the front',
  },
  tooBright: {
    what: 'the face is too bright',
    advice: 'avoid direct light',
  },
  extremePose: {
    what: 'the head is turned away',
    advice: 'look towards the camera',
  },
  damaged: {
    what: 'the picture of the face is damaged',
    advice: 'use another picture',
  },
}

/** Why a face cannot be compared, in plain words: a clause without a full stop. */
export function explainReason(reason: UndeterminedReason): string {
  return words[reason].what
}

/** Why a face was not taken and what helps: a sentence. */
export function adviseOn(reason: UndeterminedReason): string {
  const { what, advice } = words[reason]
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}: ${advice}.`
}
