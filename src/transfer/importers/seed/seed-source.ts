/** A document of the seed's database: the face of a name, or why it is none. */
export type SeedDocument =
  | {
      readonly kind: 'face'
      readonly id: string
      /** The name, in the form in which persons' names are stored. */
      readonly name: string
      /** {@link seedDimension} values, norm 1. */
      readonly embedding: Float32Array
    }
  | { readonly kind: 'refused'; readonly id: string; readonly reason: string }

/** Dimension of the seed's embeddings. */
export const seedDimension = 512

/**
 * The seed's own data, to be read once. Every method may throw `storeUnavailable`.
 */
export interface SeedSource {
  /** How many documents there are, about. */
  count(): Promise<number>
  /** All documents, in the order of their ids. */
  documents(): AsyncIterable<SeedDocument>
  close(): Promise<void>
}
