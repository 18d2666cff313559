import { dotProduct } from '../similarity.ts'
import { maxMembers, type StrangerMember } from './stranger-state.ts'

/**
 * Chooses the members to keep: while there are too many, one of the two most alike goes, the one
 * that is more like the others as well.
 *
 * @returns at most {@link maxMembers}, in their order
 */
export function keepDiverse(members: readonly StrangerMember[]): readonly StrangerMember[] {
  if (members.length <= maxMembers) return members
  const kept = [...members]
  const similarities = kept.map((a) => kept.map((b) => dotProduct(a.embedding, b.embedding)))
  while (kept.length > maxMembers) {
    const redundant = findRedundant(similarities)
    kept.splice(redundant, 1)
    similarities.splice(redundant, 1)
    for (const row of similarities) row.splice(redundant, 1)
  }
  return kept
}

/** @param similarities  symmetric, n >= 2 */
function findRedundant(similarities: readonly (readonly number[])[]): number {
  let pair: readonly [number, number] = [0, 1]
  let highest = Number.NEGATIVE_INFINITY
  for (const [j, row] of similarities.entries()) {
    for (let i = 0; i < j; i++) {
      if (row[i]! <= highest) continue
      highest = row[i]!
      pair = [i, j]
    }
  }
  const [earlier, later] = pair
  const likeness = (at: number): number => similarities[at]!.reduce((sum, value) => sum + value, 0)
  return likeness(earlier) > likeness(later) ? earlier : later
}
