/**
 * Folders that systems and storage devices make among people's photographs (thumbnails, bins,
 * indexes, what was found after a check of the disk), in lower case.
 */
const systemFolders: ReadonlySet<string> = new Set([
  ...['@eadir', '#recycle', '#snapshot', '@tmp', '@recycle', '@recently-snapshot', '@sharebin'],
  ...['$recycle.bin', 'recycler', 'system volume information', 'lost+found', '__macosx'],
])

/** Whether a folder below the one that a user gave is no person and holds no photographs of theirs. */
export function isSystemFolder(name: string): boolean {
  return name.startsWith('.') || systemFolders.has(name.toLowerCase())
}
