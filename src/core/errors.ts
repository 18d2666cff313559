/**
 * input: the caller sent something wrong. refusal: understood, but not allowed or not possible for
 * this image. state: the request clashes with what is stored or installed. capacity: try again
 * later. fault: ours; the only kind that is logged as an error.
 */
export type ErrorKind = 'input' | 'refusal' | 'state' | 'capacity' | 'fault'

interface CatalogueEntry {
  readonly status: number
  readonly kind: ErrorKind
  /** One plain sentence; details are added by the place that throws. */
  readonly message: string
}

/** Every error a caller can see. Documented in docs/reference/errors.md. */
export const errorCatalogue = {
  invalidRequest: { status: 400, kind: 'input', message: 'The request is not valid.' },
  invalidName: { status: 400, kind: 'input', message: 'The name is not valid.' },
  invalidMetadata: { status: 400, kind: 'input', message: 'The metadata is not valid.' },
  invalidCursor: { status: 400, kind: 'input', message: 'The cursor is not valid.' },
  invalidOption: {
    status: 400,
    kind: 'input',
    message: 'An option has a value that is not allowed.',
  },
  invalidEmbedding: { status: 400, kind: 'input', message: 'The embedding is not valid.' },
  dimensionMismatch: {
    status: 400,
    kind: 'input',
    message: "The embedding's dimension is not the collection's.",
  },
  missingImage: { status: 400, kind: 'input', message: 'The request has no image.' },
  tooManyImages: {
    status: 400,
    kind: 'input',
    message: 'The request has more images than allowed.',
  },
  emptyImage: { status: 400, kind: 'input', message: 'The image is empty (0 bytes).' },
  unsupportedImage: {
    status: 415,
    kind: 'input',
    message: 'The file is not an image in a supported format.',
  },
  corruptImage: { status: 422, kind: 'input', message: 'The image is damaged or cut off.' },
  imageTooLarge: { status: 413, kind: 'input', message: 'The image is larger than allowed.' },
  payloadTooLarge: { status: 413, kind: 'input', message: 'The request is larger than allowed.' },
  unsupportedMediaType: {
    status: 415,
    kind: 'input',
    message: 'The content type of the request is not supported.',
  },
  degenerateLandmarks: {
    status: 422,
    kind: 'refusal',
    message: 'The landmarks of the face coincide; it cannot be aligned.',
  },
  noFace: { status: 422, kind: 'refusal', message: 'No face was found in the image.' },
  multipleFaces: {
    status: 422,
    kind: 'refusal',
    message: 'The image has several faces where exactly one is expected.',
  },
  notComparable: { status: 422, kind: 'refusal', message: 'The face cannot be compared.' },
  qualityTooLow: { status: 422, kind: 'refusal', message: 'The face is not usable for enrolment.' },
  unauthorized: {
    status: 401,
    kind: 'refusal',
    message: 'A valid API key, token or session is required.',
  },
  forbidden: { status: 403, kind: 'refusal', message: 'This is not allowed.' },
  missingScope: {
    status: 403,
    kind: 'refusal',
    message: 'The caller does not have the scope that this needs.',
  },
  crossSite: {
    status: 403,
    kind: 'refusal',
    message: 'A request with a session must come from the page of this server.',
  },
  signInFailed: { status: 400, kind: 'refusal', message: 'The sign-in did not succeed.' },
  noRole: {
    status: 403,
    kind: 'refusal',
    message: 'You are known, but nothing has been allowed to you here.',
  },
  notFound: { status: 404, kind: 'input', message: 'There is nothing at this address.' },
  collectionNotFound: { status: 404, kind: 'input', message: 'There is no such collection.' },
  personNotFound: { status: 404, kind: 'input', message: 'There is no such person.' },
  faceNotFound: { status: 404, kind: 'input', message: 'There is no such face.' },
  statementNotFound: {
    status: 404,
    kind: 'input',
    message: 'There is no such rejection or confirmation.',
  },
  historyEntryNotFound: {
    status: 404,
    kind: 'input',
    message: 'There is no such entry of the history.',
  },
  undoRefused: { status: 409, kind: 'state', message: 'The change cannot be taken back.' },
  keyNotFound: { status: 404, kind: 'input', message: 'There is no such API key.' },
  methodNotAllowed: { status: 405, kind: 'input', message: 'This method is not supported here.' },
  personExists: { status: 409, kind: 'state', message: 'A person of this name exists.' },
  faceOfPerson: { status: 409, kind: 'state', message: 'The face is enrolled as this person.' },
  externalIdTaken: {
    status: 409,
    kind: 'state',
    message: 'Another person of the collection has this external id.',
  },
  limitReached: { status: 409, kind: 'state', message: 'This would be more than is possible.' },
  revisionMismatch: {
    status: 412,
    kind: 'state',
    message: 'It was changed since it was read.',
  },
  collectionExists: { status: 409, kind: 'state', message: 'A collection of this name exists.' },
  jobNotFound: { status: 404, kind: 'input', message: 'There is no such job.' },
  jobConflict: {
    status: 409,
    kind: 'state',
    message: 'The job cannot become that from where it is.',
  },
  strangerNotFound: { status: 404, kind: 'input', message: 'There is no such stranger.' },
  sightingNotFound: { status: 404, kind: 'input', message: 'There is no such sighting.' },
  strangerConflict: {
    status: 409,
    kind: 'state',
    message: 'The stranger cannot become that from what it is.',
  },
  keyInUse: { status: 409, kind: 'state', message: 'The API key is not revoked.' },
  modelConflict: {
    status: 409,
    kind: 'state',
    message: 'The models of the collection do not allow this.',
  },
  modelMismatch: {
    status: 409,
    kind: 'state',
    message: 'Embeddings of two different models cannot be compared.',
  },
  idempotencyConflict: {
    status: 409,
    kind: 'state',
    message: 'This Idempotency-Key was used for a different request or is still in progress.',
  },
  unknownModel: { status: 400, kind: 'input', message: 'There is no such model.' },
  modelNotInstalled: { status: 409, kind: 'state', message: 'The model is not installed.' },
  modelInstallFailed: { status: 500, kind: 'state', message: 'The model could not be installed.' },
  modelCorrupt: { status: 500, kind: 'state', message: 'An installed model file is damaged.' },
  modelImportFailed: {
    status: 400,
    kind: 'input',
    message: 'The file is not usable for this model.',
  },
  invalidConfig: { status: 500, kind: 'input', message: 'The configuration is not valid.' },
  insecureBind: {
    status: 500,
    kind: 'refusal',
    message: 'Refusing to listen beyond this machine without an API key.',
  },
  portInUse: { status: 500, kind: 'state', message: 'The port is in use.' },
  dataDirUnusable: {
    status: 500,
    kind: 'state',
    message: 'The data directory cannot be used.',
  },
  storeCorrupt: { status: 500, kind: 'state', message: 'The database is damaged.' },
  templateSecretMissing: {
    status: 500,
    kind: 'fault',
    message: 'The embeddings of the collection are protected with a secret that is not configured.',
  },
  storeKeyWrong: {
    status: 500,
    kind: 'state',
    message: 'The database is encrypted and the key does not open it, or it is not a database.',
  },
  storeTooNew: {
    status: 500,
    kind: 'state',
    message: 'The database was written by a newer version.',
  },
  storeFull: { status: 507, kind: 'capacity', message: 'The disk is full; nothing was stored.' },
  storeReadOnly: { status: 500, kind: 'state', message: 'The data directory is read-only.' },
  storeBusy: { status: 503, kind: 'capacity', message: 'The database is busy; try again.' },
  storeUnavailable: { status: 503, kind: 'capacity', message: 'The database cannot be reached.' },
  indexKindUnavailable: {
    status: 500,
    kind: 'state',
    message: 'This kind of index is not available in this installation.',
  },
  storeStandalone: {
    status: 500,
    kind: 'state',
    message: 'The MongoDB server is not part of a replica set.',
  },
  indexUnavailable: {
    status: 503,
    kind: 'capacity',
    message: 'The search engine cannot be reached; try again.',
  },
  indexFileInvalid: {
    status: 400,
    kind: 'input',
    message: 'The file is not an exported index that can be used here.',
  },
  exportInvalid: {
    status: 400,
    kind: 'input',
    message: 'The exported gallery is damaged or incomplete.',
  },
  overloaded: {
    status: 503,
    kind: 'capacity',
    message: 'Too many requests are waiting; try again.',
  },
  rateLimited: { status: 429, kind: 'capacity', message: 'Too many requests from this client.' },
  tooManyAttempts: {
    status: 429,
    kind: 'capacity',
    message: 'Too many attempts have failed; wait before the next one.',
  },
  signInUnavailable: {
    status: 503,
    kind: 'capacity',
    message: 'The sign-in service cannot be reached.',
  },
  notReady: { status: 503, kind: 'capacity', message: 'The service is starting or stopping.' },
  aborted: { status: 499, kind: 'input', message: 'The request was aborted by the client.' },
  workerFailed: {
    status: 500,
    kind: 'fault',
    message: 'The analysis failed; it may be tried again.',
  },
  internal: { status: 500, kind: 'fault', message: 'Something went wrong inside Face Watcher.' },
} as const

/** Errors that are an image file's own: whatever is done with the file, it answers them. */
export const imageErrors: readonly ErrorCode[] = [
  'emptyImage',
  'unsupportedImage',
  'corruptImage',
  'imageTooLarge',
]

/** The code of an error, which stays the same between versions; docs/reference/errors.md lists all. */
export type ErrorCode = keyof typeof errorCatalogue

/** Details of an error. */
export interface FaceErrorOptions {
  /** What was wrong, what was expected, the allowed values. Never image bytes, embeddings, secrets or server paths. */
  readonly detail?: string
  /** Machine-readable extras of the problem document, for instance `expected` or `faces`. */
  readonly info?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** The plain form of a {@link FaceError} that crosses a thread boundary. */
export interface FaceErrorRecord {
  readonly code: ErrorCode
  readonly detail?: string
  readonly info?: Readonly<Record<string, unknown>>
}

/** An error of the catalogue. */
export class FaceError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly kind: ErrorKind
  readonly detail: string | undefined
  readonly info: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, options: FaceErrorOptions = {}) {
    const entry: CatalogueEntry = errorCatalogue[code]
    super(options.detail ? `${entry.message} ${options.detail}` : entry.message, {
      cause: options.cause,
    })
    this.name = 'FaceError'
    this.code = code
    this.status = entry.status
    this.kind = entry.kind
    this.detail = options.detail
    this.info = options.info
  }
}

/** Whether `error` is a {@link FaceError}, optionally of the given code. */
export function isFaceError(error: unknown, code?: ErrorCode): error is FaceError {
  return error instanceof FaceError && (code === undefined || error.code === code)
}

/** Turns anything thrown into a record that structured clone carries; what is not in the catalogue becomes `internal`. */
export function toErrorRecord(error: unknown): FaceErrorRecord {
  if (!(error instanceof FaceError)) {
    return { code: 'internal', detail: error instanceof Error ? error.message : String(error) }
  }
  return {
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.info === undefined ? {} : { info: error.info }),
  }
}

/** The error that {@link toErrorRecord} flattened. */
export function fromErrorRecord(record: FaceErrorRecord): FaceError {
  return new FaceError(record.code, {
    ...(record.detail === undefined ? {} : { detail: record.detail }),
    ...(record.info === undefined ? {} : { info: record.info }),
  })
}
