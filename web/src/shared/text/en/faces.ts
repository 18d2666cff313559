/** What is said of a face in a picture, wherever it is shown. */
export const faces = {
  unknown: 'Unknown',
  maybe: 'maybe {name}',
  cannotTell: 'Cannot tell',
  none: 'No face in the picture.',
  nobodyToCompare: 'Nobody to compare with',
  nobodyAlike: 'Nobody registered looks similar enough.',
  similarity: 'Similarity {similarity, number, ::.00}',
  oneLooksSo: 'About 1 in {count, number} strangers looks this similar.',
  fewerLookSo: 'Fewer than 1 in {count, number} strangers look this similar.',
  everybodyLooksSo: 'Most strangers look this similar.',
  summary: 'In the picture: {people}.',
  unknownPeople: '{count, plural, one {# unknown person} other {# unknown people}}',
  incomparable:
    '{count, plural, one {# face that cannot be compared} other {# faces that cannot be compared}}',
} as const
