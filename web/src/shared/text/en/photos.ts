import type { RejectionReason, UndeterminedReason } from '../../api/types.ts'

/** What the API may name: a new reason without a sentence does not compile. */
interface ByReason {
  readonly faults: Readonly<Record<UndeterminedReason, string>>
  readonly advice: Readonly<Record<UndeterminedReason, string>>
  readonly rejections: Readonly<Record<Exclude<RejectionReason, UndeterminedReason>, string>>
}

/** Faults of faces and images, and what helps, by the API's reasons. */
export const photos = {
  faults: {
    notAFace: 'It is not clear that this is a face.',
    rotated: 'The face stands on its side or its head.',
    cutOff: 'The picture’s edge cuts the face.',
    occluded: 'Something covers the face.',
    tooSmall: 'The face is too small.',
    tooBlurred: 'The face is too blurred.',
    tooNoisy: 'The picture is too grainy.',
    tooDark: 'The face is too dark.',
    tooBright: 'The face is too bright.',
    extremePose: 'The face is turned too far.',
    damaged: 'The picture of the face is damaged.',
  },
  advice: {
    notAFace: 'Use a photo that shows the face clearly.',
    rotated: 'Turn the photo upright.',
    cutOff: 'Use a photo of the whole face.',
    occluded: 'Take off mask or sunglasses, and move hair or hands away.',
    tooSmall: 'Come nearer, or use a closer or larger photo.',
    tooBlurred: 'Hold still, or use a sharper photo.',
    tooNoisy: 'Add light, or use the original photo.',
    tooDark: 'Add light from the front.',
    tooBright: 'Avoid direct light.',
    extremePose: 'Look towards the camera.',
    damaged: 'Use another photo.',
  },
  rejections: {
    unsupportedImage: 'This file is not an image the server can read. Use JPEG, PNG or WebP.',
    corruptImage: 'The file is damaged or cut off.',
    imageTooLarge: 'The image is larger than the server allows.',
    emptyImage: 'The file is empty.',
    noFace: 'No face was found. Use a photo where the face is visible and not too small.',
    multipleFaces: 'There are several faces in this photo. Use a photo of this person alone.',
    faceTooSmall: 'The face is too small. Come nearer, or use a closer or larger photo.',
    lowConfidence: 'It is not clear that this is a face. Use a photo that shows the face clearly.',
    duplicateOfOtherPerson: 'This face is already registered under another name.',
    alreadyEnrolled: 'This photo was already registered.',
    fault: 'The server could not analyse this photo. Try again.',
  },
  looksLike:
    'This face looks like {name}, who is registered already (similarity {similarity, number, ::.00}).',
  weak: 'The photo is weak (blurred, dark, turned away or partly covered): this person may be missed more often. Add a better one.',
  second: 'A second photo about halves how often this person is missed.',
  onItsSide: 'The photo lies on its side; it was read upright.',
  onItsHead: 'The photo stands on its head; it was read upright.',
  cannotCompare: 'The face cannot be compared.',
} as const satisfies ByReason & Readonly<Record<string, unknown>>
