import { Type } from 'typebox'
import { section } from './section.ts'

const keep = (what: string) =>
  Type.Integer({ minimum: 0, maximum: 10_000, default: 0, description: what })

/** Backups of the database and of own models. */
export const backup = Type.Object(
  {
    directory: Type.String({
      default: '',
      description:
        'Folder of backups, best on another disk; `backups` in the data directory where it is empty.',
    }),
    recipient: Type.String({
      default: '',
      description:
        'Public key (`age1...`) for which backups are encrypted; `face-watcher backup keys` makes one. What opens them need not be on this machine.',
    }),
    passphraseFile: Type.String({
      default: '',
      description:
        'File whose first line is the passphrase with which backups are encrypted and opened, in the place of `backup.recipient`.',
    }),
    keyFile: Type.String({
      default: '',
      description:
        'File of the secret key (`AGE-SECRET-KEY-1...`) with which backups are opened; without `backup.recipient` they are encrypted for it, too.',
    }),
    keepLast: keep(
      'How many of the newest backups are kept after another one was made. With this and the other three at 0, all are. The newest that was verified always is.',
    ),
    keepDaily: keep('Of how many days with a backup the newest one is kept.'),
    keepWeekly: keep('Of how many weeks with a backup the newest one is kept.'),
    keepMonthly: keep('Of how many months with a backup the newest one is kept.'),
  },
  section,
)
