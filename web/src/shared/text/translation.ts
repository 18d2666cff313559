/** What a translation of texts has: the same keys, other sentences. A test compares the placeholders. */
export type TranslationOf<Texts> = {
  readonly [Key in keyof Texts]: Texts[Key] extends string ? string : TranslationOf<Texts[Key]>
}
