/** What kinds of callers there are; see docs/decisions/0020-who-asks.md and 0029-sign-in.md. */
export type ActorKind =
  | 'library'
  | 'commandLine'
  | 'anonymous'
  | 'configuredKey'
  | 'apiKey'
  | 'signedIn'
  | 'token'

/** Every {@link ActorKind}. */
export const actorKinds: readonly ActorKind[] = [
  'library',
  'commandLine',
  'anonymous',
  'configuredKey',
  'apiKey',
  'signedIn',
  'token',
]

/** Who asks for something. Written down beside what is changed, so its name is kept with it. */
export interface Actor {
  readonly kind: ActorKind
  /**
   * Tells actors of a kind apart: the id of an API key, the number of an operating-system user, what a
   * provider calls a person or a program, with the provider's address.
   */
  readonly id: string
  /** For people; not unique. */
  readonly name: string
}

/** What a call carries besides its parameters. */
export interface CallContext {
  readonly actor: Actor
  /** Finds the request in the log. */
  readonly requestId?: string
}

/** The caller where nobody else is named: the program that uses the library. */
export const libraryActor: Actor = { kind: 'library', id: 'library', name: 'library' }
