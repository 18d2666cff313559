import { describeFmr } from '../core/fmr.ts'
import { explainReason } from '../core/reason-sentences.ts'
import type { UndeterminedReason } from '../core/types.ts'
import type {
  Candidate,
  IdentifiedFace,
  IdentifyResult,
  ImageFacts,
  VerifyResult,
} from '../recognition/face-watcher.ts'
import type { Turn } from '../vision/analyzer/analyzer-types.ts'
import { type Color, formatCount, type Line, toPrintable } from './output.ts'

/*
 * What `identify`, `verify` and `detect` print. Names come from clients and are made printable here.
 */

/** As in marked images. */
const colorOfDecision: Readonly<Record<string, Color>> = {
  ...{ match: 'green', possible: 'yellow', unknown: 'red', undetermined: 'grey' },
  'no match': 'red',
}

/** A line of an answer with its decision coloured. */
export function toColoredLine(line: string): Line {
  const pattern = /^(\s*(?:\d+\. )?)(match|no match|possible|unknown|undetermined)(?=[ :;])/
  const [found = '', before = '', decision = ''] = pattern.exec(line) ?? []
  const color = colorOfDecision[decision]
  return color === undefined ? line : [before, { text: decision, color }, line.slice(found.length)]
}

/** What is drawn beside a face: never a name where the face cannot be compared. */
export function toLabel({ decision, candidates: [best] }: IdentifiedFace): string {
  if (decision === 'undetermined') return 'cannot tell'
  if (decision === 'unknown' || best === undefined) return 'unknown'
  return `${best.personName}${decision === 'possible' ? '?' : ''} ${best.similarity.toFixed(2)}`
}

/** Lines about an image and each of its faces. */
export function toIdentifyLines(file: string, result: IdentifyResult): readonly string[] {
  const { faces } = result
  const found = faces.length === 0 ? 'no face found' : formatCount(faces.length, 'face')
  return [
    `${toPrintable(file)}: ${[found, ...toFactWords(result)].join(', ')}`,
    ...faces.map((face, index) => {
      const { x, y, width, height } = face.detection.box
      const box = [x, y, width, height].map((value) => value.toFixed(0)).join(', ')
      return `  ${index + 1}. ${toDecisionWords(face)}, box [${box}]`
    }),
  ]
}

/** What a person should know of how the image was read; empty when there is nothing. */
export function toFactWords({ turned, omittedFaces }: ImageFacts): readonly string[] {
  return [
    ...(turned === 0 ? [] : [toTurnedWords(turned)]),
    ...(omittedFaces === 0 ? [] : [`${formatCount(omittedFaces, 'smaller face')} left out`]),
  ]
}

/** How an image was read that did not stand upright. @param turned  not 0 */
export function toTurnedWords(turned: Turn): string {
  return `read turned by ${turned} degrees clockwise`
}

/** Lines about a comparison. @param isImage  compared with a second image, not with stored faces */
export function toVerifyLines(result: VerifyResult, isImage: boolean): readonly string[] {
  const { decision, reasons, similarity, threshold, fmr, fmrExtrapolated } = result
  if (decision === 'undetermined') {
    const lines = [
      ...toReasonLine(isImage ? 'first image' : 'image', reasons.probe),
      ...toReasonLine(isImage ? 'second image' : 'stored face', reasons.reference),
    ]
    return ['undetermined: these faces cannot be compared', ...lines]
  }
  const chance =
    fmr === undefined
      ? ''
      : `; strangers as similar: ${describeFmr({ value: fmr, extrapolated: fmrExtrapolated ?? false })}`
  const verdict = decision === 'match' ? 'match' : 'no match'
  return [
    `${verdict}: similarity ${similarity.toFixed(4)}, threshold ${threshold.toFixed(4)}${chance}`,
  ]
}

function toReasonLine(what: string, reasons: readonly UndeterminedReason[]): readonly string[] {
  return reasons.length === 0 ? [] : [`  ${what}: ${explainReasons(reasons)}`]
}

function toDecisionWords({ decision, reasons, candidates }: IdentifiedFace): string {
  // Who is nearest to a face that cannot be compared says nothing, and would be taken for a name.
  if (decision === 'undetermined') return `undetermined: ${explainReasons(reasons)}`
  const [best, ...others] = candidates.map(toCandidateWords)
  const nearest =
    best === undefined ? '' : decision === 'unknown' ? `; nearest ${best}` : ` ${best}`
  const then = others.length === 0 ? '' : `, then ${others.join(', ')}`
  return `${decision}${nearest}${then}`
}

function toCandidateWords({ personName, similarity, fmr, fmrExtrapolated }: Candidate): string {
  const rate =
    fmr === undefined
      ? ''
      : `, ${describeFmr({ value: fmr, extrapolated: fmrExtrapolated ?? false })}`
  return `${toPrintable(personName)} (${similarity.toFixed(3)}${rate})`
}

function explainReasons(reasons: readonly UndeterminedReason[]): string {
  return reasons.map(explainReason).join('; ')
}
