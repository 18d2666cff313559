/** The answer of a request with a key, kept so that the same request again gets the same answer. */
export interface KeptAnswer {
  /** Hash of method, path and body of the request that the key was first used for. */
  readonly requestHash: string
  /** The answer; absent while the first request is running. */
  readonly response?: { readonly status: number; readonly body: string }
}

/** Answers that are kept for requests that are sent again; for 24 hours. */
export interface AnswerStore {
  /** Claims the key, or answers what it was used for. */
  claim(key: string, requestHash: string): Promise<KeptAnswer | undefined>
  /** Keeps the answer; without one the key is free again. */
  complete(
    key: string,
    response: { readonly status: number; readonly body: string } | undefined,
  ): Promise<void>
}
