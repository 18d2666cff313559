import { type CallContext, libraryActor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { createAuditNotes } from './audit-notes.ts'
import { createIdOf } from './collection-id.ts'
import { createCollections } from './collections.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'
import { createDetect } from './detect.ts'
import { createDryEnroll } from './dry-enroll.ts'
import { createEmbed } from './embed.ts'
import { createEnroll } from './enroll.ts'
import { createExamination } from './examination/examination.ts'
import type { FaceWatcher, IdentifyOptions, RequestContext } from './face-watcher.ts'
import { createCorrections, createHistory } from './history.ts'
import { createIdentify } from './identify.ts'
import { createIdleMeter } from './idle-meter.ts'
import { createJudges, type Judges } from './judges.ts'
import { createLastSeen, type LastSeen } from './last-seen.ts'
import { createPersons } from './persons.ts'
import { createSecondModel, type SecondModel } from './second-model.ts'
import { createSetAside } from './set-aside.ts'
import { createStatements } from './statements.ts'
import { createModels, createReadiness, createStatus } from './status.ts'
import { createClusterThread } from './strangers/cluster-thread.ts'
import { createStrangerKeeper, type StrangerKeeper } from './strangers/keeper.ts'
import { createStrangers } from './strangers/strangers.ts'
import { createVerify } from './verify.ts'

/** Puts the use cases together over an analyzer and a gallery. */
export function createUseCases(deps: RecognitionDependencies): FaceWatcher {
  const judges = createJudges(deps.models)
  const known = new Map<string, Collection>()
  const keeper = createStrangerKeeper({
    ...{ store: deps.store, thread: createClusterThread(), ...deps.strangers },
    curveOf: (modelId) => findCurve(deps.models, modelId),
    idleShare: createIdleMeter(deps.analyzer),
  })
  const lastSeen = createLastSeen(deps.store.persons, { logger: deps.logger })
  const as = (context: RequestContext): FaceWatcher => {
    const { signal, ...caller } = context
    const gallery = { ...deps.gallery, ...deps.gallery.as(caller) }
    // One who reaches some collections only must not find the others here.
    const shared = {
      ...{ judges, keeper, lastSeen },
      known: caller.collectionIds === undefined ? known : new Map(),
    }
    const useCases = { ...bindUseCases({ ...deps, gallery }, shared, caller), as }
    return signal === undefined ? useCases : withSignal(useCases, signal)
  }
  const library = { actor: libraryActor }
  return { ...bindUseCases(deps, { judges, keeper, lastSeen, known }, library), as }
}

/** What looks at images ends with the signal, where the call has none of its own. */
function withSignal(useCases: FaceWatcher, signal: AbortSignal): FaceWatcher {
  return {
    ...useCases,
    detect: (image, options) => useCases.detect(image, { signal, ...options }),
    embed: (image, options) => useCases.embed(image, { signal, ...options }),
    enroll: (collection, person, images, options) =>
      useCases.enroll(collection, person, images, { signal, ...options }),
    // One of its two forms, for each of which this is the same.
    identify: ((collection: string, image: Uint8Array, options?: IdentifyOptions) =>
      useCases.identify(collection, image, { signal, ...options })) as FaceWatcher['identify'],
    verify: (image, target, options) => useCases.verify(image, target, { signal, ...options }),
    strangers: {
      ...useCases.strangers,
      search: (collection, face, options) =>
        useCases.strangers.search(collection, face, { signal, ...options }),
      erase: (collection, face, options) =>
        useCases.strangers.erase(collection, face, { signal, ...options }),
    },
    rejections: {
      ...useCases.rejections,
      add: (collection, person, subject, options) =>
        useCases.rejections.add(collection, person, subject, { signal, ...options }),
    },
    confirmations: {
      ...useCases.confirmations,
      add: (collection, person, subject, options) =>
        useCases.confirmations.add(collection, person, subject, { signal, ...options }),
    },
  }
}

/** What outlives a request. */
interface Shared {
  readonly judges: Judges
  readonly keeper: StrangerKeeper
  /** See [Note: Remembered collections] in identify.ts. */
  readonly known: Map<string, Collection>
  readonly lastSeen: LastSeen
}

/** The use cases over a gallery, which may be one caller's. */
function bindUseCases(
  deps: RecognitionDependencies,
  { judges, known, keeper, lastSeen }: Shared,
  caller: CallContext,
): Omit<FaceWatcher, 'as'> {
  const { analyzer, gallery, store } = deps
  const idOf = createIdOf(gallery)
  const notes = createAuditNotes(deps.auditSink, caller)
  const collections = createCollections(deps)
  const corrections = createCorrections({ gallery, undoable: deps.undoable })
  const enroll = createEnroll(deps, judges)
  const dryEnroll = createDryEnroll(deps, judges)
  return {
    detect: createDetect(deps),
    embed: createEmbed(deps),
    enroll: (collection, person, images, options) =>
      (options?.dryRun ? dryEnroll : enroll)(collection, person, images, options),
    identify: createIdentify(deps, { judges, known, keeper, lastSeen, decisions: notes }),
    verify: createVerify(deps, judges, notes),
    collections: {
      ...collections,
      async update(name, patch) {
        const updated = await collections.update(name, patch)
        if (updated.name !== name) known.delete(name)
        return updated
      },
      async delete(name) {
        await collections.delete(name)
        // The next one of this name may be of another model.
        known.delete(name)
      },
    },
    secondModel: forgetting(createSecondModel(deps), (name) => known.delete(name)),
    strangers: createStrangers(deps, keeper),
    persons: { ...createPersons({ gallery, undoable: deps.undoable }), ...corrections.persons },
    faces: {
      get: async (collection, id) => gallery.faces.get(await idOf(collection), id),
      list: async (collection, options) => gallery.faces.list(await idOf(collection), options),
      async embedding(name, faceId) {
        const collection = await gallery.collections.get(name)
        const { modelId } = collection
        const { faceIds, embeddings } = await gallery.faces.getEmbeddings(collection, { faceId })
        if (faceIds.length === 0) {
          throw new FaceError('faceNotFound', { detail: `It has no embedding of ${modelId}.` })
        }
        notes.embeddingRead(collection.id, faceId, modelId)
        return { faceId, modelId, embedding: embeddings }
      },
      async crop(collection, id) {
        const collectionId = await idOf(collection)
        const crop = await gallery.faces.getCrop(collectionId, id)
        if (crop) notes.cropRead(collectionId, { faces: [id] })
        return crop?.bytes
      },
      ...corrections.faces,
      findByImage: async (collection, imageHash) =>
        gallery.faces.findByImage(await idOf(collection), imageHash),
    },
    ...createStatements(deps, enroll),
    history: createHistory({ gallery, undoable: deps.undoable }),
    setAside: createSetAside(deps),
    examination: createExamination(deps),
    index: {
      status: async (name) => gallery.indexStatus(await gallery.collections.get(name)),
      agreements: () => gallery.indexAgreements(),
      async verify(name, options) {
        const collection = await gallery.collections.get(name)
        return { collection: name, ...(await gallery.verifyIndex(collection, options)) }
      },
      async rebuild(name, options) {
        await gallery.rebuildIndex(await gallery.collections.get(name), options)
      },
    },
    models: createModels(deps),
    readiness: createReadiness(deps),
    status: createStatus(deps, keeper),
    async close() {
      // Running requests still write; each stage is closed even when another fails to.
      const outcomes = [await settle(analyzer.close()), await settle(keeper.close())]
      outcomes.push(await settle(lastSeen.close()))
      outcomes.push(await settle(gallery.close()))
      outcomes.push(await settle(store.close()))
      const failed = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
  }
}

/** What changes the models of a collection, after which what is remembered of it is another model's. */
function forgetting(secondModel: SecondModel, forget: (name: string) => void): SecondModel {
  const changing = async (name: string, body: () => Promise<Collection>): Promise<Collection> => {
    const changed = await body()
    forget(name)
    return changed
  }
  return {
    ...secondModel,
    begin: (name, model) => changing(name, () => secondModel.begin(name, model)),
    switchTo: (name, modelId, options) =>
      changing(name, () => secondModel.switchTo(name, modelId, options)),
    end: (name, modelId) => changing(name, () => secondModel.end(name, modelId)),
  }
}

async function settle(work: Promise<void>): Promise<PromiseSettledResult<void>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome
}
