import { FaceError } from '../../core/errors.ts'
import { type MoveOutcome, maxMovedFaces } from '../ports/faces.ts'

/** A face that is to be moved, as it is. */
export interface MovableFace {
  readonly personId: string
  /** Tells faces of one person apart: image and place in it. */
  readonly source: string
}

/** @throws {FaceError} `invalidOption` */
export function assertFaceIds(faceIds: readonly string[]): void {
  if (faceIds.length === 0 || faceIds.length > maxMovedFaces) {
    throw new FaceError('invalidOption', {
      detail: `faceIds: expected 1 to ${maxMovedFaces}, got ${faceIds.length}.`,
    })
  }
  if (new Set(faceIds).size < faceIds.length) {
    throw new FaceError('invalidOption', { detail: 'faceIds: one is there twice.' })
  }
}

/**
 * What becomes of each face.
 *
 * @param faces  those that are there, by id
 * @param target  the person who gets them, and the sources of the faces that the person has
 * @throws {FaceError} `faceNotFound` when none is there
 */
export function planMove(
  faceIds: readonly string[],
  faces: ReadonlyMap<string, MovableFace>,
  target: { readonly personId: string; readonly sources: ReadonlySet<string> },
): readonly { readonly faceId: string; readonly outcome: MoveOutcome }[] {
  if (faces.size === 0) throw new FaceError('faceNotFound', { info: { faceIds } })
  const sources = new Set(target.sources)
  const decide = (face: MovableFace | undefined): MoveOutcome => {
    if (face === undefined) return 'notFound'
    if (face.personId === target.personId) return 'alreadyThere'
    if (sources.has(face.source)) return 'sameImage'
    sources.add(face.source)
    return 'moved'
  }
  return faceIds.map((faceId) => ({ faceId, outcome: decide(faces.get(faceId)) }))
}
