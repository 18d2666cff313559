/** What is kept of a request with a key, so that the same request again gets the same answer. */
export interface KeptAnswer {
  /** What the key was first used for: a hash of method, path and body. */
  readonly requestHash: string
  /** Absent while the first request is running. */
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
