import type { IdentifiedFace } from '../api/types.ts'
import { toOneIn } from '../rates.ts'
import type { Texts } from '../text/texts.ts'

type Candidate = IdentifiedFace['candidates'][number]

/** Names a face in a few words. */
export function faceLabel(t: Texts<'faces'>, face: IdentifiedFace): string {
  if (face.decision === 'undetermined') return t('cannotTell')
  const name = face.candidates[0]?.personName
  if (name === undefined || face.decision === 'unknown') return t('unknown')
  return face.decision === 'match' ? name : t('maybe', { name })
}

/** How much a face resembles somebody, in words; by the similarity where no rate is known. */
export function likenessText(t: Texts<'faces'>, candidate: Candidate): string {
  const { similarity, fmr, fmrExtrapolated } = candidate
  if (fmr === undefined) return t('similarity', { similarity })
  const { count, isBound } = toOneIn(fmr, fmrExtrapolated)
  if (isBound) return t('fewerLookSo', { count })
  return count <= 1 ? t('everybodyLooksSo') : t('oneLooksSo', { count })
}

/** One sentence that says who is in the picture, for screen readers. */
export function summary(t: Texts<'faces'>, faces: readonly IdentifiedFace[]): string {
  if (faces.length === 0) return t('none')
  const having = (decision: IdentifiedFace['decision']) =>
    faces.filter((face) => face.decision === decision).length
  const named = faces.filter(({ decision }) => decision === 'match' || decision === 'possible')
  const unknown = having('unknown')
  const open = having('undetermined')
  const words = [
    ...named.map((face) => faceLabel(t, face)),
    ...(unknown === 0 ? [] : [t('unknownPeople', { count: unknown })]),
    ...(open === 0 ? [] : [t('incomparable', { count: open })]),
  ]
  return t('summary', { people: words.join(', ') })
}
