import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { FaceError } from '../../core/errors.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'

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
      integrity: Type.String({ pattern: '^sha512-[A-Za-z0-9+/]{86}==$' }),
      files: Type.Array(Type.String({ pattern: ARCHIVE_PATH }), { minItems: 1 }),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('pypi'),
      package: PackageSpec,
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

const RecordSchema = Type.Object(
  {
    id: Id,
    task: Type.Union([Type.Literal('detector'), Type.Literal('embedder')]),
    title: Type.String(),
    sources: Type.Array(SourceSchema, { minItems: 1 }),
    builder: Type.Union([
      Type.Literal('mtcnn'),
      Type.Literal('onnxEmbedder'),
      Type.Literal('facenet'),
      Type.Literal('dlibResnet'),
    ]),
    files: Type.Array(Type.Object({ name: OnnxName, sha256: Type.Optional(Sha256) }, strict), {
      minItems: 1,
    }),
    license: Type.String(),
    trainingData: Type.String(),
    notes: Type.String(),
    dimension: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
    input: Type.Optional(InputSchema),
    fmrCurve: Type.Optional(CurveSchema),
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

const ManifestSchema = Type.Object(
  { version: Type.Literal(1), models: Type.Array(RecordSchema) },
  strict,
)

/** Where the built-in manifest lies, seen from both `src` and `dist`. */
const BUILT_IN = new URL('../../../models/manifest.json', import.meta.url)

/** Name of a user's own manifest below the data directory. */
const USER_MANIFEST = join('models', 'manifest.json')

function fail(name: string, what: string, cause?: unknown): never {
  throw new FaceError('invalidConfig', { detail: `${name}: ${what}`, cause })
}

/**
 * Checks the text of a manifest file.
 *
 * @param text  JSON
 * @param name  of the file, for messages
 * @throws {FaceError} `invalidConfig` naming the file and the first wrong field
 */
export function parseManifest(text: string, name: string): ModelRecord[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    fail(name, 'is not JSON.', cause)
  }
  if (!Value.Check(ManifestSchema, value)) {
    const error = [...Value.Errors(ManifestSchema, value)][0]
    fail(name, `${error?.instancePath || 'the whole'} ${error?.message ?? 'is not valid'}.`)
  }
  // Checked by the compiler too: what the schema accepts is what the type says.
  const { models }: Static<typeof ManifestSchema> = value
  for (const model of models) {
    if (model.task === 'embedder' && (!model.dimension || !model.input)) {
      fail(name, `embedder ${model.id} needs "dimension" and "input".`)
    }
  }
  return models
}

async function readUserManifest(dataDir: string | undefined): Promise<ModelRecord[]> {
  if (dataDir === undefined) return []
  let text: string
  try {
    text = await readFile(join(dataDir, USER_MANIFEST), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new FaceError('dataDirUnusable', {
      detail: `${USER_MANIFEST} cannot be read.`,
      cause: error,
    })
  }
  return parseManifest(text, USER_MANIFEST)
}

/**
 * Loads the built-in models, and the user's own from `<dataDir>/models/manifest.json` when there is
 * one. The same schema holds for both.
 *
 * @throws {FaceError} `invalidConfig` when a manifest is not valid or an id occurs twice,
 *   `dataDirUnusable` when the user's file cannot be read
 */
export async function loadManifest(options: { readonly dataDir?: string } = {}): Promise<Manifest> {
  const builtIn = await readFile(fileURLToPath(BUILT_IN), 'utf8')
  const own = await readUserManifest(options.dataDir)
  const models = [...parseManifest(builtIn, 'models/manifest.json'), ...own]
  const seen = new Set<string>()
  for (const { id } of models) {
    if (seen.has(id)) fail(USER_MANIFEST, `model ${id} exists already; choose another id.`)
    seen.add(id)
  }
  return { models }
}

/**
 * The record of a model.
 *
 * @throws {FaceError} `unknownModel` with the known ids
 */
export function findModel(manifest: Manifest, id: string): ModelRecord {
  const record = manifest.models.find((model) => model.id === id)
  if (!record) {
    const known = manifest.models.map((model) => model.id)
    throw new FaceError('unknownModel', {
      detail: `Known models: ${known.join(', ')}.`,
      info: { known },
    })
  }
  return record
}
