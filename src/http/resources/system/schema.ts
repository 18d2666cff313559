import { Type } from 'typebox'
import { errorCatalogue } from '../../../core/errors.ts'
import type * as useCases from '../../../recognition/face-watcher.ts'
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
