import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { FaceError } from '../../core/errors.ts'

/** Version of the format that this program writes; it reads no other. */
export const backupVersion = 1
/** Of a backup's folder, and first in its archive. */
export const manifestFile = 'manifest.json'

const Count = Type.Integer({ minimum: 0 })
const Time = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** The only paths that a backup may have; no segment of them leaves a folder. */
const filePattern =
  '^(gallery\\.sqlite|mongodb/[A-Za-z]{1,40}\\.bson|models/[a-z0-9][a-z0-9-]{0,62}/[A-Za-z0-9_][A-Za-z0-9._-]{0,120})$'

/** What a backup says of itself; within the archive, and beside it. */
const ContentManifest = Type.Object({
  format: Type.Literal('face-watcher-backup'),
  version: Type.Literal(backupVersion),
  id: Type.String({ pattern: '^\\d{8}T\\d{6}Z-[0-9a-f]{6}$' }),
  /** Every write that was acknowledged before is in it. */
  takenAt: Time,
  /** Version of the program that made it. */
  program: Type.String({ minLength: 1, maxLength: 100 }),
  store: Type.Object({
    kind: Type.Union([Type.Literal('sqlite'), Type.Literal('mongodb')]),
    schemaVersion: Type.Integer({ minimum: 1 }),
    /** With `store.encryptionKey`, which is not in the backup. */
    encrypted: Type.Boolean(),
  }),
  counts: Type.Object({ collections: Count, persons: Count, faces: Count }),
  /** Ids of the models that were brought by the user. */
  models: Type.Array(Type.String()),
  files: Type.Array(
    Type.Object({ path: Type.String({ pattern: filePattern }), bytes: Count, sha256: Sha256 }),
    { minItems: 1, maxItems: 10_000 },
  ),
})
export type ContentManifest = Static<typeof ContentManifest>

const BackupManifest = Type.Object({
  content: ContentManifest,
  archive: Type.Object({
    file: Type.Union([Type.Literal('archive.tar'), Type.Literal('archive.tar.age')]),
    bytes: Count,
    sha256: Sha256,
    encryption: Type.Union([
      Type.Literal('none'),
      Type.Literal('recipient'),
      Type.Literal('passphrase'),
    ]),
  }),
})
/** What the folder of a backup says: what is in the archive, and the archive itself. */
export type BackupManifest = Static<typeof BackupManifest>

/** @throws {FaceError} `backupInvalid` */
export function parseBackupManifest(text: string): BackupManifest {
  return parseAs(BackupManifest, text)
}

/** @throws {FaceError} `backupInvalid` */
export function parseContentManifest(text: string): ContentManifest {
  return parseAs(ContentManifest, text)
}

function parseAs<Schema extends typeof ContentManifest | typeof BackupManifest>(
  schema: Schema,
  text: string,
): Static<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FaceError('backupInvalid', { detail: `${manifestFile} is not JSON.`, cause })
  }
  if (Value.Check(schema, value)) return value as Static<Schema>
  const [error] = Value.Errors(schema, value)
  throw new FaceError('backupInvalid', {
    detail: `${manifestFile}: ${error?.instancePath ?? ''} ${error?.message}.`,
  })
}

/** JSON of a manifest, always with the same bytes. */
export function formatManifest(manifest: ContentManifest | BackupManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}
