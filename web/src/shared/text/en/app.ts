/** The frame around all screens. */
export const app = {
  name: 'Face Watcher',
  skip: 'Skip to content',
  screens: 'Screens',
  collection: 'Collection',
  httpApi: 'HTTP API',
  model: 'Model {model}',
  settings: {
    title: 'Language and appearance',
    language: 'Language',
    theme: 'Appearance',
    light: 'Light',
    dark: 'Dark',
    system: 'As the device',
  },
  connection: {
    lost: 'The server cannot be reached. Check that Face Watcher is running.',
    retrying: 'Trying again every few seconds.',
    tryNow: 'Try now',
    back: 'The server is back.',
  },
  signIn: 'Sign in',
  signInDifferently: 'Sign in as somebody else',
  notFound: {
    title: 'There is no such page',
    text: 'The address leads nowhere: it may be mistyped, or from an older version.',
    start: 'Go to the start page',
  },
  failed: {
    title: 'This page stopped working',
    text: 'Load it again. If that does not help, tell your operator what happened.',
    reload: 'Load again',
  },
  privacy: {
    title: 'What happens to the pictures',
    identifying:
      '<b>Identifying:</b> frames and photos are sent to this server only. They are compared and then forgotten; nothing is stored.',
    identifyingKept:
      '<b>Identifying:</b> frames and photos are sent to this server only. Of faces that nobody is registered with, this collection keeps what is needed to know them again, for {hours, plural, one {# hour} other {# hours}}; everything else is forgotten.',
    adding:
      '<b>Adding photos:</b> the name and, for each face, its numeric embedding, its position, its quality and a fingerprint of the file are stored on this server. The photo itself is not stored.',
    addingWithCrops:
      '<b>Adding photos:</b> the name and, for each face, its numeric embedding, its position, its quality and a fingerprint of the file are stored on this server, together with a small picture of the face, since this collection keeps crops.',
    deleting:
      '<b>Deleting</b> a person removes their faces from every search at once; for some days it can be undone, then they are erased. Register people only with their consent.',
  },
} as const
