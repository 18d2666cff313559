/** Who is in front of the camera? */
export const live = {
  title: 'Live',
  lead: 'Names follow the faces in front of the camera.',
  nobodyTitle: 'Nobody is registered yet',
  nobodyText: 'Until then everybody is unknown.',
  hint: 'Names appear over the live picture. Frames are not stored.',
  speed: '{framesPerSecond, number, ::.0} frames a second · {delayMs, number, ::.} ms behind',
  lookClosely: 'Look closely',
  snapshotName: 'Camera {time, date, ::Hmmss}',
  people: 'People in the picture',
  inPicture: 'In the picture',
  startCamera: 'Start the camera to see who is there.',
  looking: 'Looking …',
} as const
