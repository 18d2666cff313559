import { Type } from 'typebox'
import { section } from './section.ts'

/** Who did what, and what was decided about whom. */
export const audit = Type.Object(
  {
    decisions: Type.Union([Type.Literal('off'), Type.Literal('matches'), Type.Literal('all')], {
      default: 'matches',
      description:
        'Which answers of identify and verify are entered in the audit log: those that name a person (`match`, `possible`), all, or none. Changes are always entered.',
    }),
    keepDays: Type.Number({
      minimum: 1,
      maximum: 36_500,
      default: 400,
      description:
        'How long entries of the audit log are kept; then they are removed, and a signed entry tells how many there were.',
    }),
    anchorMinutes: Type.Number({
      minimum: 0,
      maximum: 1440,
      default: 10,
      description:
        'How often the ends of the audit log are signed and written to the file of anchors and to the log, minutes; with 0 never.',
    }),
    anchorFile: Type.String({
      default: '',
      description:
        'File to which anchors of the audit log are added, best on another machine. Empty: `audit-anchors.jsonl` in the data directory. A relative path is relative to the data directory.',
    }),
    keyFile: Type.String({
      default: '',
      description:
        'Ed25519 private key (PEM) that signs anchors; made at the first start where it is not there. Empty: `audit-key.pem` in the data directory. A relative path is relative to the data directory.',
    }),
  },
  section,
)
