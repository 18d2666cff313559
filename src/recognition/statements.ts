import { FaceError } from '../core/errors.ts'
import { adviseOn } from '../core/reason-sentences.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { NewStatement, SaidOf, Statement, StatementKind } from '../storage/ports/statements.ts'
import { chooseFace, embeddingOf } from './choose-face.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { isEmbeddingProbe, readEmbedding } from './embedding-input.ts'
import type {
  Confirmations,
  FaceWatcher,
  Rejections,
  Stated,
  StatementOptions,
  StatementSubject,
  Statements,
} from './face-watcher.ts'
import { computeImageHash } from './image-hash.ts'

/** Creates the use cases of what somebody says of faces and persons. */
export function createStatements(
  deps: RecognitionDependencies,
  enroll: FaceWatcher['enroll'],
): { readonly rejections: Rejections; readonly confirmations: Confirmations } {
  const { gallery } = deps

  function bind(kind: StatementKind): Statements {
    async function get(name: string, personId: string, id: string): Promise<Statement> {
      const { id: collectionId } = await gallery.collections.get(name)
      const statement = await gallery.statements.get(collectionId, id)
      if (statement.personId !== personId || statement.kind !== kind) {
        throw new FaceError('statementNotFound')
      }
      return statement
    }
    return {
      get,
      async list(name, personId, options) {
        const { id } = await gallery.collections.get(name)
        await gallery.persons.get(id, personId)
        return gallery.statements.list(id, { ...options, personId, kind })
      },
      async revoke(name, personId, id) {
        await get(name, personId, id)
        const collection = await gallery.collections.get(name)
        await gallery.statements.revoke(collection.id, id)
      },
    }
  }

  async function say(
    kind: StatementKind,
    {
      name,
      personId,
      subject,
      options,
    }: {
      readonly name: string
      readonly personId: string
      readonly subject: StatementSubject
      readonly options: StatementOptions
    },
  ): Promise<Stated> {
    const collection = await gallery.collections.get(name)
    // An image for nobody need not be analysed.
    await gallery.persons.get(collection.id, personId)
    const of = await readSubject(deps, collection, { subject, options })
    return gallery.statements.add(collection.id, personId, { kind, of })
  }

  return {
    rejections: {
      ...bind('rejection'),
      add: (name, personId, subject, options = {}) =>
        say('rejection', { name, personId, subject, options }),
    },
    confirmations: {
      ...bind('confirmation'),
      async add(name, personId, subject, { enroll: wanted = false, ...options } = {}) {
        const input = { name, personId, subject, options }
        if (!wanted) return say('confirmation', input)
        if ('faceId' in subject) {
          throw new FaceError('invalidOption', {
            detail: 'enroll is for an image or an embedding; a stored face is enrolled already.',
          })
        }
        // Who analyses an image may take its bytes away.
        const image = isEmbeddingProbe(subject)
          ? { fileName: 'embedding', ...subject }
          : { fileName: 'image', bytes: subject.slice() }
        const stated = await say('confirmation', input)
        return { ...stated, enrolled: await enroll(name, personId, [image], options) }
      },
    },
  }
}

async function readSubject(
  { analyzer, defaults }: RecognitionDependencies,
  collection: Collection,
  { subject, options }: { readonly subject: StatementSubject; readonly options: StatementOptions },
): Promise<NewStatement['of']> {
  if ('faceId' in subject) return subject
  const { modelId } = collection
  if (isEmbeddingProbe(subject)) {
    const embedding = readEmbedding(collection, subject)
    const imageHash = await computeImageHash(new Uint8Array(embedding.buffer))
    return { modelId, embedding, imageHash }
  }
  const imageHash = await computeImageHash(subject)
  const analysis = await analyzer.analyze(subject, {
    detector: { ...defaults.detector, ...options.detector },
    embedder: modelId,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const face = chooseFace(analysis, options.faces ?? 'one', 'the image')
  const reasons = face.comparability?.reasons ?? []
  if (reasons.length > 0) {
    // What resembles every damaged face says nothing of one person.
    throw new FaceError('notComparable', {
      detail: reasons.map(adviseOn).join(' '),
      info: { reasons },
    })
  }
  const { box } = face.detection
  return { modelId, embedding: embeddingOf(face), imageHash, box } satisfies SaidOf
}
