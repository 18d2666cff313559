/** The question for an API key. */
export const access = {
  title: 'API key needed',
  label: 'API key',
  refused: 'The server did not accept this key. Check it and try again.',
  protected: 'This server is protected. Enter the key that its operator gave you.',
  kept: 'It is kept in this tab only and forgotten when you close it.',
  continue: 'Continue',
} as const
