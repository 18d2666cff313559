import { Type } from 'typebox'
import { errorCatalogue } from '../../../core/errors.ts'
import type * as useCases from '../../../recognition/face-watcher.ts'
import type { RecentProblem } from '../../plugins/recent-problems.ts'
import type { ConfigurationValue } from '../../types.ts'
import { type Component, component, number } from '../component.ts'
import type { ProblemBody } from '../problem.ts'

export const Problem: Component<ProblemBody> = component<ProblemBody>('Problem').of(
  Type.Object(
    {
      type: Type.String({ examples: ['urn:face-watcher:error:noFace'] }),
      title: Type.String({ examples: [errorCatalogue.noFace.message] }),
      status: Type.Integer({ examples: [422] }),
      detail: Type.Optional(Type.String({ description: 'What was wrong, what was expected.' })),
      code: Type.Enum(Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[], {
        type: 'string',
        description: 'Stable name of the error; see docs/reference/errors.md.',
      }),
      requestId: Type.String({ description: 'Also in the header x-request-id and in the log.' }),
    },
    {
      additionalProperties: true,
      description: 'An error as RFC 9457 problem document; further members depend on the code.',
    },
  ),
)

export const Model: Component<useCases.ModelStatus> = component<useCases.ModelStatus>('Model').of(
  Type.Object(
    {
      id: Type.String(),
      task: Type.Enum(['detector', 'embedder'], { type: 'string' }),
      title: Type.String(),
      installed: Type.Boolean(),
      installable: Type.Boolean({
        description: 'Whether the server can fetch it; otherwise import its file.',
      }),
      downloadBytes: Type.Optional(Type.Integer({ description: 'What is fetched then.' })),
      isDefault: Type.Boolean(),
      dimension: Type.Optional(Type.Integer()),
      license: Type.String(),
      trainingData: Type.String(),
      notes: Type.String(),
      lfwAccuracy: Type.Optional(number('Accuracy of the LFW pairs protocol.')),
      tmrAtFmr1e4: Type.Optional(number('True match rate at a false match rate of 1e-4.')),
      fnirAtFpir1e2: Type.Optional(
        number(
          'False negative identification rate at a false positive identification rate of 0.01, gallery of 1,000.',
        ),
      ),
      msPerFace: Type.Optional(Type.Number()),
    },
    { description: 'A detector or an embedder.' },
  ),
)

/** What the process does, and what it is. */
export interface ServerStatus extends useCases.Status {
  readonly version: string
  readonly node: string
  readonly startedAt: string
}

const count = (description: string) => Type.Integer({ minimum: 0, description })

export const ServerStatusSchema: Component<ServerStatus> = component<ServerStatus>(
  'ServerStatus',
).of(
  Type.Object(
    {
      version: Type.String({ examples: ['0.1.0'] }),
      node: Type.String({ description: 'Version of Node.js.', examples: ['v22.11.0'] }),
      startedAt: Type.String({ format: 'date-time' }),
      ready: Type.Boolean(),
      reasons: Type.Array(Type.String(), { description: 'Why it is not ready.' }),
      changeLag: count('Changes read and not yet in the index.'),
      indexBehindMs: count('Milliseconds since the index had everything that the store had.'),
      collections: count('Collections in all.'),
      persons: count('Persons in all.'),
      faces: count('Faces in all.'),
      indexRebuilds: count('Indexes built from the store since the start.'),
      snapshotFailures: count('Snapshots of indexes that could not be written since the start.'),
      workers: count('Threads that analyse images.'),
      queued: count('Images that wait for one.'),
      running: count('Images that are being analysed.'),
      sightings: Type.Object(
        {
          queued: count('They wait to be written.'),
          recorded: count('Written since the start.'),
          dropped: count('Not kept since the start: more came than the database took.'),
        },
        { description: 'Sightings of strangers.' },
      ),
    },
    {
      description: 'What a server does at the moment; counts since the start are of this process.',
    },
  ),
)

export const Configuration: Component<{ items: ConfigurationValue[] }> = component<{
  items: ConfigurationValue[]
}>('Configuration').of(
  Type.Object({
    items: Type.Array(
      Type.Object({
        path: Type.String({ examples: ['http.port'] }),
        value: Type.Unknown({ description: 'Secrets are shown as `***`.' }),
        source: Type.String({
          description: 'A file and its line, a variable, a flag, or `default`.',
          examples: ['FACE_WATCHER_HTTP_PORT'],
        }),
      }),
    ),
  }),
)

export const RecentProblems: Component<{ items: RecentProblem[] }> = component<{
  items: RecentProblem[]
}>('RecentProblems').of(
  Type.Object({
    items: Type.Array(
      Type.Object({
        at: Type.String({ format: 'date-time' }),
        requestId: Type.String({ description: 'Finds the request in the log.' }),
        method: Type.String(),
        route: Type.String({
          description: 'The pattern of the address; `unmatched` where there is none.',
        }),
        status: Type.Integer(),
        code: Type.Enum(Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[], {
          type: 'string',
        }),
      }),
    ),
  }),
)

type IndexFacts = Awaited<ReturnType<useCases.FaceWatcher['index']['status']>>

export const IndexStatus: Component<IndexFacts> = component<IndexFacts>('IndexStatus').of(
  Type.Object(
    {
      kind: Type.String({ examples: ['projected'] }),
      faces: Type.Integer({ description: 'Faces that a search can find.' }),
    },
    {
      additionalProperties: true,
      description:
        'An index. Further members depend on its kind: docs/reference/cli.md names them.',
    },
  ),
)
