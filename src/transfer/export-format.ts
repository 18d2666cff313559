import { type Static, type TSchema, type TString, Type } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { type Consent, consentBases, whenConsentEnds } from '../core/consent.ts'
import { FaceError } from '../core/errors.ts'
import { type KeepUnknown, keepUnknownRanges } from '../core/keep-unknown.ts'
import { probeShiftModes } from '../core/policy.ts'
import { qualityGateRanges } from '../core/quality-gates.ts'
import { type RetentionRules, retentionRange } from '../core/retention.ts'
import type { DecisionPolicy, FacePlace, QualityGates } from '../core/types.ts'
import type { Face } from '../storage/ports/faces.ts'
import { maxAliases } from '../storage/ports/persons.ts'
import type { MovedCollection } from '../storage/ports/transfer.ts'
import { type PersonRecord, toPersonRecord } from './records.ts'

/*
 * [Note: Exported gallery]
 * A directory. `manifest.json` is written last, so a directory without it is no export. A collection
 * has a directory of its name with four files. Line i of `faces.jsonl` belongs to row i of
 * `embeddings.f32`; persons and faces are in id order. `crops.bin` holds the crops one after the
 * other, in the order of the faces that have one. The manifest names no paths. The embeddings are
 * those of the model that answers; the row of a face without one is zeros. A collection with rejections
 * or confirmations has two files more: lines of `statements.jsonl` without a `faceId` belong to the
 * rows of `statements.f32`, in this order. Version 2 has faces without an embedding, and the places of
 * faces in their crops; version 3 has persons with more than a name and metadata; version 4 has
 * statements; version 5 has consents of persons, and what a collection makes of them and when it erases
 * people, which an earlier program must not leave out. An export is of the lowest version that has what is in it, so that an earlier program
 * reads it.
 */
export const manifestFile = 'manifest.json'
export const exportFiles = ['persons.jsonl', 'faces.jsonl', 'embeddings.f32', 'crops.bin'] as const
export type ExportFile = (typeof exportFiles)[number]
/** Of a collection with statements. */
export const statementFiles = ['statements.jsonl', 'statements.f32'] as const
export type StatementFile = (typeof statementFiles)[number]

const formatName = 'face-watcher-export'
const formatVersions = [1, 2, 3, 4, 5] as const

/** Of an export. */
export type FormatVersion = (typeof formatVersions)[number]

/** Of all objects of an export. */
export const strict = { additionalProperties: false } as const
/** Of records. */
export const id: TString = Type.String({ pattern: '^[0-7][0-9A-HJKMNP-TV-Z]{25}$' })
/** ISO 8601, UTC. */
export const time: TString = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
})
/** Lower-case hex SHA-256. */
export const hash: TString = Type.String({ pattern: '^[0-9a-f]{64}$' })
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const modelId = Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' })
const rate = Type.Number({ minimum: 0, maximum: 1 })
const similarity = Type.Number({ minimum: -1, maximum: 1 })
const file = Type.Object({ bytes: count, sha256: hash }, strict)

/** Every field of a policy; the compiler asks for one that is added. */
const policy = {
  maxFpir: rate,
  possibleFpir: rate,
  threshold: Type.Optional(similarity),
  possibleThreshold: Type.Optional(similarity),
  probeShift: Type.Optional(Type.Enum([...probeShiftModes])),
  galleryShift: Type.Optional(Type.Boolean()),
} satisfies Readonly<Record<keyof DecisionPolicy, TSchema>>

const limit = (gate: keyof QualityGates) =>
  Type.Optional(Type.Union([Type.Number(qualityGateRanges[gate]), Type.Literal('off')]))

const qualityGates = {
  minSizePx: limit('minSizePx'),
  minSharpness: limit('minSharpness'),
  minBrightness: limit('minBrightness'),
  maxBrightness: limit('maxBrightness'),
  maxYawDegrees: limit('maxYawDegrees'),
  maxPitchDegrees: limit('maxPitchDegrees'),
  minConfidence: limit('minConfidence'),
} satisfies Readonly<Record<keyof QualityGates, TSchema>>

const hours = Type.Number(keepUnknownRanges.hours)

const keepUnknown = {
  hours,
  ignoredHours: hours,
  maxSightings: Type.Integer(keepUnknownRanges.maxSightings),
  crops: Type.Boolean(),
} satisfies Readonly<Record<keyof KeepUnknown, TSchema>>

const days = Type.Optional(Type.Number(retentionRange))

const retention = {
  createdDays: days,
  unseenDays: days,
  consentEndedDays: days,
} satisfies Readonly<Record<keyof RetentionRules, TSchema>>

const consent = {
  basis: Type.Enum([...consentBases]),
  purpose: Type.String(),
  textVersion: Type.Optional(Type.String()),
  givenAt: time,
  expiresAt: Type.Optional(time),
  withdrawnAt: Type.Optional(time),
  evidenceHash: Type.Optional(hash),
} satisfies Readonly<Record<keyof Consent, TSchema>>

const CollectionSchema = Type.Object(
  {
    id,
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' }),
    modelId,
    dimension: Type.Integer({ minimum: 1, maximum: 65_536 }),
    policy: Type.Object(policy, strict),
    storeCrops: Type.Boolean(),
    qualityGates: Type.Optional(Type.Object(qualityGates, strict)),
    keepUnknown: Type.Optional(Type.Object(keepUnknown, strict)),
    /** Since version 5, as retention. */
    consent: Type.Optional(
      Type.Object(
        { required: Type.Boolean(), whenItEnds: Type.Enum([...whenConsentEnds]) },
        strict,
      ),
    ),
    retention: Type.Optional(Type.Object(retention, strict)),
    createdAt: time,
    persons: count,
    faces: count,
    /** Since version 4, with its files; absent where there are none. */
    statements: Type.Optional(count),
    files: Type.Object(
      {
        'persons.jsonl': file,
        'faces.jsonl': file,
        'embeddings.f32': file,
        'crops.bin': file,
        'statements.jsonl': Type.Optional(file),
        'statements.f32': Type.Optional(file),
      } satisfies Record<ExportFile | StatementFile, TSchema>,
      strict,
    ),
  },
  strict,
)

const ManifestSchema = Type.Object(
  {
    format: Type.Literal(formatName),
    version: Type.Union(formatVersions.map((known) => Type.Literal(known))),
    createdAt: time,
    /** The kind of store it came from. */
    source: Type.String({ pattern: '^[a-z]{1,20}$' }),
    collections: Type.Array(CollectionSchema),
  },
  strict,
)

const PersonSchema = Type.Object(
  {
    id,
    name: Type.String(),
    /** Since version 3, as the other fields that may be absent. */
    aliases: Type.Optional(Type.Array(Type.String(), { maxItems: maxAliases })),
    externalId: Type.Optional(Type.String()),
    notes: Type.Optional(Type.String()),
    metadata: Type.Record(Type.String(), Type.Unknown()),
    coverFaceId: Type.Optional(id),
    hidden: Type.Optional(Type.Boolean()),
    favourite: Type.Optional(Type.Boolean()),
    /** Since version 5. */
    consent: Type.Optional(Type.Object(consent, strict)),
    revision: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    lastSeenAt: Type.Optional(time),
    createdAt: time,
    updatedAt: time,
  },
  strict,
)

const point = Type.Object({ x: Type.Number(), y: Type.Number() }, strict)
const box = Type.Object(
  { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() },
  strict,
)
const landmarks = Type.Tuple([point, point, point, point, point])
const quality = Type.Object(
  {
    sizePx: Type.Number(),
    sharpness: Type.Number(),
    brightness: Type.Number(),
    pose: Type.Object({ yaw: Type.Number(), pitch: Type.Number(), roll: Type.Number() }, strict),
    confidence: Type.Number(),
  },
  strict,
)

const FaceSchema = Type.Object(
  {
    id,
    personId: id,
    modelId,
    /** Absent, as box and landmarks, when it was enrolled from an embedding. */
    quality: Type.Optional(quality),
    box: Type.Optional(box),
    landmarks: Type.Optional(landmarks),
    imageHash: hash,
    createdAt: time,
    /** Its row of `embeddings.f32` is zeros. */
    missingEmbedding: Type.Optional(Type.Literal(true)),
    /** Where its crop is in `crops.bin`, bytes, and where the face is in it, crop pixels. */
    crop: Type.Optional(
      Type.Object(
        {
          offset: count,
          bytes: Type.Integer({ minimum: 0, maximum: 2 ** 24 }),
          place: Type.Optional(Type.Object({ box, landmarks }, strict)),
        },
        strict,
      ),
    ),
  },
  strict,
)

/** Fields that lines of earlier versions have. */
const firstPersonFields: ReadonlySet<string> = new Set([
  ...['id', 'name', 'metadata', 'createdAt', 'updatedAt'],
])

/** A line of `persons.jsonl`: the person without what a line of an earlier version means by itself. */
export type PersonLine = Partial<PersonRecord>

/** The line of a person; {@link LineParsers.person} reads it. */
export function toPersonLine(person: PersonRecord): PersonLine {
  const { aliases, hidden, favourite, revision, ...others } = toPersonRecord(person)
  return {
    ...others,
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(hidden ? { hidden } : {}),
    ...(favourite ? { favourite } : {}),
    ...(revision === 1 ? {} : { revision }),
  }
}

/** The lowest version that has the line. */
export function versionOfLine(line: PersonLine): FormatVersion {
  if (line.consent !== undefined) return 5
  return Object.keys(line).some((field) => !firstPersonFields.has(field)) ? 3 : 1
}

/** The lowest version that has what a collection says of itself. */
export function versionOfCollection({ consent, retention }: MovedCollection): FormatVersion {
  return consent === undefined && retention === undefined ? 1 : 5
}

/** A line of `faces.jsonl`. */
export interface FaceLine extends Omit<Face, 'hasCrop'> {
  readonly crop?: { readonly offset: number; readonly bytes: number; readonly place?: FacePlace }
}

export interface FileDigest {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/** A collection, what it holds, and its files. */
export interface ExportedCollection extends MovedCollection {
  readonly persons: number
  readonly faces: number
  /** Present with its files. */
  readonly statements?: number
  readonly files: Readonly<
    Record<ExportFile, FileDigest> & Partial<Record<StatementFile, FileDigest>>
  >
}

export interface ExportManifest {
  readonly format: typeof formatName
  readonly version: FormatVersion
  readonly createdAt: string
  readonly source: string
  readonly collections: readonly ExportedCollection[]
}

/** @param input  what the manifest says besides its format */
export function toManifest(input: Omit<ExportManifest, 'format'>): ExportManifest {
  return { format: formatName, ...input }
}

/** The part of a manifest's entry that a store keeps. */
export function toCollection(entry: ExportedCollection): MovedCollection {
  const { persons: _persons, faces: _faces, statements: _said, files: _files, ...rest } = entry
  return rest
}

/** The files of a collection, by name. */
export function listFiles({
  files,
}: ExportedCollection): readonly (readonly [name: string, file: FileDigest])[] {
  return Object.entries(files)
}

/** A failure of what was exported. @param detail names the file, and the line where there is one */
export function exportInvalid(detail: string, cause?: unknown): FaceError {
  return new FaceError('exportInvalid', { detail, cause })
}

/** @throws {FaceError} `exportInvalid` when it is not a manifest of this version */
export function parseManifest(text: string): ExportManifest {
  const value = parseJson(text, manifestFile)
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown }
  if (format === formatName && !formatVersions.some((known) => known === version)) {
    throw exportInvalid(
      `Its format is version ${JSON.stringify(version)?.slice(0, 20)}; this program reads versions ${formatVersions.join(', ')}.`,
    )
  }
  const manifest = parseValue(Compile(ManifestSchema), value, manifestFile)
  for (const key of ['id', 'name'] as const) {
    if (new Set(manifest.collections.map((entry) => entry[key])).size < manifest.collections.length)
      throw exportInvalid(`${manifestFile} has two collections of one ${key}.`)
  }
  for (const { name, statements, files } of manifest.collections) {
    const parts = [statements, ...statementFiles.map((part) => files[part])]
    if (new Set(parts.map((part) => part === undefined)).size > 1)
      throw exportInvalid(`${manifestFile} has statements of ${name} without all their files.`)
  }
  return manifest
}

/** Parse a line; throw `exportInvalid`. `where` names file and line. */
export interface LineParsers {
  person(line: string, where: string): PersonRecord
  face(line: string, where: string): FaceLine
}

/** Creates the parsers of lines; compiled, as there may be millions of them. */
export function createLineParsers(): LineParsers {
  const person = Compile(PersonSchema)
  const face = Compile(FaceSchema)
  return {
    person(line, where) {
      const given = parseValue(person, parseJson(line, where), where)
      const { aliases = [], hidden = false, favourite = false, revision = 1 } = given
      return { ...given, aliases, hidden, favourite, revision }
    },
    face: (line, where) => parseValue(face, parseJson(line, where), where),
  }
}

/** @throws {FaceError} `exportInvalid` */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may be personal data.
    throw exportInvalid(`${where} is not JSON.`)
  }
}

/** @throws {FaceError} `exportInvalid` that says where, and which part is not as expected */
export function parseValue<T extends TSchema>(
  validator: Validator<Record<never, never>, T>,
  value: unknown,
  where: string,
): Static<T> {
  if (validator.Check(value)) return value
  const [error] = validator.Errors(value)
  const path = error?.instancePath.slice(0, 200) ?? ''
  throw exportInvalid(`${where}: ${path} ${error?.message ?? 'is not as expected'}.`)
}
