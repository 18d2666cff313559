/**
 * Levels of objects and arrays that a value of the gallery may have. Threads cannot pass on values
 * that are nested some 1,900 levels deep, and nothing that people write by hand comes near 16.
 */
export const maxDepth = 16

const quote = 0x22
const backslash = 0x5c
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** Whether JSON text has more than `levels` levels of objects and arrays. */
export function isJsonTooDeep(json: string, levels: number = maxDepth): boolean {
  // A flat object, as most are, is known by two searches that run in native code.
  if (json.indexOf('{', 1) < 0 && json.indexOf('[', 1) < 0) return false
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i)
    if (code === quote) {
      i++
      while (i < json.length && json.charCodeAt(i) !== quote) {
        i += json.charCodeAt(i) === backslash ? 2 : 1
      }
    } else if (code === openObject || code === openArray) {
      if (++depth > levels) return true
    } else if (code === closeObject || code === closeArray) depth--
  }
  return false
}

/** Whether a value that is to be sent to a thread has more than `levels` levels of objects and arrays. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (levels === 0) return true
  for (const item of Object.values(value)) {
    if (typeof item === 'object' && isDeeperThan(item, levels - 1)) return true
  }
  return false
}
