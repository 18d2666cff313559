/** Signing in and out. */
export const access = {
  title: 'Sign in',
  label: 'API key',
  refused: 'The server did not accept this key. Check it and try again.',
  wait: 'Too many attempts have failed. Wait {seconds, plural, one {# second} other {# seconds}}, then try again.',
  protected: 'This server is protected. Enter the key that its operator gave you.',
  kept: 'The browser does not keep it: you stay signed in until you sign out, or do not use this page for a while.',
  continue: 'Sign in',
  byProvider: 'Sign in with {name}',
  account: 'Signed in',
  signedIn: 'Signed in as <b>{name}</b>',
  scopes: 'May: {scopes}',
  signOut: 'Sign out',
  signOutEverywhere: 'Sign out everywhere',
} as const
