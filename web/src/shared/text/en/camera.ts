/** The camera of this device. */
export const camera = {
  camera: 'Camera',
  numbered: 'Camera {number, number}',
  start: 'Start camera',
  starting: 'Starting the camera …',
  stop: 'Stop',
  picture: 'Live picture of the camera',
  takeSnapshot: 'Take snapshot',
  noPicture: 'The camera has no picture yet. Try again.',
  fullscreen: 'Fullscreen',
  problems: {
    refused: {
      title: 'The camera was refused',
      text: 'Allow the camera for this page in your browser’s site settings, then try again. You can use photos instead.',
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
  },
} as const
