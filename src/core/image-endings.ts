/** Endings of image files, in lower case. */
export const imageEndings: ReadonlySet<string> = new Set([
  ...['.jpg', '.jpeg', '.jfif', '.png', '.webp', '.avif', '.gif', '.tif', '.tiff'],
  // Refused by name when they are read, so that their owner learns of it.
  ...['.heic', '.heif'],
])
