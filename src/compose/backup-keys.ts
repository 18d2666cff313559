import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { FaceError } from '../core/errors.ts'
import {
  type BackupKey,
  type BackupLock,
  parseIdentityFile,
  parseRecipient,
  toRecipient,
} from '../transfer/backup/age/keys.ts'

type BackupSettings = Config['backup']

/** With what backups are encrypted; nothing where nothing is configured. @throws {FaceError} `invalidOption` */
export function readLock(settings: BackupSettings): BackupLock | undefined {
  const { recipient, passphraseFile, keyFile } = settings
  if (recipient !== '') return parseRecipient(recipient)
  if (passphraseFile !== '') {
    return { kind: 'passphrase', passphrase: readPassphrase(passphraseFile) }
  }
  return keyFile === '' ? undefined : toRecipient(parseIdentityFile(readSecret(keyFile)).privateKey)
}

/** What opens backups. @throws {FaceError} `invalidOption` */
export function readKey({ passphraseFile, keyFile }: BackupSettings): BackupKey | undefined {
  if (keyFile !== '') return parseIdentityFile(readSecret(keyFile))
  if (passphraseFile === '') return undefined
  return { kind: 'passphrase', passphrase: readPassphrase(passphraseFile) }
}

function readPassphrase(file: string): string {
  const [passphrase = ''] = readSecret(file).split(/\r?\n/)
  if (passphrase.length >= 12) return passphrase
  throw new FaceError('invalidOption', {
    detail: 'The passphrase of backups needs at least 12 characters.',
  })
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new FaceError('invalidOption', {
      detail: `The key or passphrase of backups cannot be read (${code}).`,
      cause,
    })
  }
}
