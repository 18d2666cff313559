/** The tags of a text with commas or semicolons between, each once. */
export function splitTags(text: string): readonly string[] {
  const tags = text.split(/[,;]/).map((tag) => tag.trim())
  return [...new Set(tags.filter((tag) => tag !== ''))]
}
