/** Everybody who is registered. */
export const people = {
  title: 'People',
  lead: 'Everybody who is registered',
  counts:
    '{persons, plural, one {# person} other {# people}} with {faces, plural, one {# face} other {# faces}}',
  add: 'Register',
  search: 'Search by name',
  found: '{count, plural, one {# person} other {# people}} found',
  nobody: 'Nobody is registered yet.',
  nobodyNamed: 'Nobody has such a name.',
  row: '{count, plural, one {# face} other {# faces}} · since {date, date, medium}',
  faces: 'Faces',
  facesOf: 'Faces of {name}',
  addPhotos: 'Add photos',
  addPhotosOf: 'Add photos of {name}',
  deleteNamed: 'Delete {name}',
  deleteTitle: 'Delete {name}?',
  deleteText:
    'The person and {count, plural, one {# face} other {# faces}} are removed from every search at once. You can undo it for some days.',
  deleted: '{name} was deleted.',
  noFace: 'No face is stored.',
  face: 'Face {number, number}, {date, date, medium}',
  faceSize: '{px, number} px',
  withoutImage: 'without an image',
  deleteFace: 'Delete face {number, number} of {name}',
  deleteFaceTitle: 'Delete a face of {name}?',
  deleteFaceText: 'It is no longer compared with. You can undo it for some days.',
  deleteLastFaceText:
    'It is the last one: the person stays in the list but is no longer recognised. You can undo it for some days.',
  faceDeleted: 'A face of {name} was deleted.',
  asHard:
    'This gallery is as hard as the photographs the model was measured on ({times, number, ::.0} times as many alike; {pairs, number} pairs of {persons} people).',
  harder:
    'This gallery is {times} times harder than the photographs the model was measured on ({pairs, number} pairs of {persons} people); of strangers from the same camera, about {percent} % would be named without the probe shift.',
} as const
