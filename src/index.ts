import { composeFaceWatcher, type OnInstallProgress } from './compose/compose.ts'
import type { PartialConfig } from './config/config.ts'
import { toConfig } from './config/load.ts'
import type { createApp as CreateApp } from './http/app.ts'
import type { startServer as StartServer } from './http/server.ts'
import type { HttpServices } from './http/types.ts'
import type { FaceWatcher } from './recognition/face-watcher.ts'

export type { OnInstallProgress } from './compose/compose.ts'
export type { Config, PartialConfig } from './config/config.ts'
export type { Actor, ActorKind, CallContext } from './core/actor.ts'
export type {
  Consent,
  ConsentBasis,
  ConsentInput,
  ConsentRule,
  ConsentRulePatch,
  ConsentState,
} from './core/consent.ts'
export { consentBases, consentStates } from './core/consent.ts'
export type { ErrorCode, ErrorKind, FaceErrorOptions } from './core/errors.ts'
export { FaceError, isFaceError } from './core/errors.ts'
export type { GalleryDifficulty } from './core/gallery-difficulty.ts'
export type { KeepUnknown, KeepUnknownPatch } from './core/keep-unknown.ts'
export type { DetPoint, ModelOutcome } from './core/model-comparison.ts'
export type { Suppression } from './core/not-this-person.ts'
export type { ProbeThresholds } from './core/policy.ts'
export { explainReason } from './core/reason-sentences.ts'
export type { RetentionPatch, RetentionRule, RetentionRules } from './core/retention.ts'
export { retentionRules } from './core/retention.ts'
export type {
  Box,
  Decision,
  DecisionPolicy,
  DecisionPolicyPatch,
  Detection,
  Landmarks5,
  Point,
  Pose,
  ProbeShiftMode,
  Quality,
  QualityGatePatch,
  QualityGateSettings,
  QualityGates,
  RejectionReason,
  UndeterminedReason,
} from './core/types.ts'
export type { GalleryCaller, LongOptions, SuppressedPerson } from './gallery/gallery.ts'
export type { IndexAgreement } from './gallery/sync/index-agreement.ts'
export type { TlsFiles } from './http/intake/tls.ts'
export type { HttpOptions } from './http/options.ts'
export type { RunningServer } from './http/server.ts'
export type { ConfigurationValue, HttpServices } from './http/types.ts'
export type { JobFile } from './jobs/job-file.ts'
export type { Jobs, NewJobRequest, RunJobOptions } from './jobs/jobs.ts'
export type { InstallProgress, InstallStage } from './models/install.ts'
export type { TableOutcome, TableResult } from './recognition/apply-persons-table.ts'
export { applyPersonsTable } from './recognition/apply-persons-table.ts'
export type {
  BulkPersonEntry,
  BulkPersonOutcome,
  BulkPersonsResult,
  PersonOperation,
} from './recognition/bulk-persons.ts'
export type {
  ComparedModel,
  ModelComparison,
} from './recognition/compare-models.ts'
export type { WithdrawOptions } from './recognition/consent.ts'
export type { Examination } from './recognition/examination/examination.ts'
export type {
  AlikePair,
  GalleryReport,
  MissedFace,
  WeakPerson,
} from './recognition/examination/gallery-report.ts'
export type {
  MergeOptions,
  MergeSuggestion,
  MergeSuggestions,
} from './recognition/examination/merge-suggestions.ts'
export type {
  FaceQuality,
  NearDuplicate,
  PersonQuality,
  PersonQualityOptions,
} from './recognition/examination/person-quality.ts'
export type { PersonWeakness } from './recognition/examination/weakness.ts'
export type {
  Candidate,
  CollectionChanges,
  CollectionDetails,
  CollectionDifficulty,
  Confirmations,
  Confirmed,
  DecisionThresholds,
  DetectResult,
  EmbeddingProbe,
  EmbedResult,
  EnrollEmbedding,
  EnrollHint,
  EnrollImage,
  EnrollOptions,
  EnrollResult,
  EnrollWarning,
  FaceEmbedding,
  FaceWatcher,
  IdentifiedFace,
  IdentifiedProbe,
  IdentifyEmbeddingResult,
  IdentifyOptions,
  IdentifyResult,
  ImageFacts,
  IndexReport,
  ModelStatus,
  NewPersonInput,
  Readiness,
  Rejections,
  RequestContext,
  RequestOptions,
  SearchFacts,
  Stated,
  StatementOptions,
  StatementSubject,
  Statements,
  Status,
  ThresholdForRate,
  ThresholdsForRates,
  Timings,
  VerifyOptions,
  VerifyResult,
  VerifyTarget,
} from './recognition/face-watcher.ts'
export { defaultCollectionName } from './recognition/face-watcher.ts'
export type { Corrections, DeleteOptions, History } from './recognition/history.ts'
export type { LoadPersons } from './recognition/persons-table.ts'
export { toPersonsCsv } from './recognition/persons-table.ts'
export type { FilledPart, SecondModel, UnfilledFace } from './recognition/second-model.ts'
export type { FacesTakenBack, FacesToSetAside, SetAside } from './recognition/set-aside.ts'
export type { RecorderStats } from './recognition/strangers/recorder.ts'
export type {
  AssignedStranger,
  AssignOptions,
  ErasedStrangers,
  EraseOptions,
  FaceSought,
  ResemblanceOptions,
  ResemblingSighting,
  SeekOptions,
  StrangerChange,
  StrangerSuggestion,
  Strangers,
} from './recognition/strangers/strangers-api.ts'
export type { IndexStatus } from './search/vector-index.ts'
export type { Collection, CollectionModel } from './storage/ports/collections.ts'
export type { Face, FaceInImage, MovedFaces, MoveOptions } from './storage/ports/faces.ts'
export type {
  HistoryDetails,
  HistoryEntry,
  HistoryKind,
  HistoryRecord,
  Recorded,
  RecordState,
  RemovalOptions,
  Transition,
} from './storage/ports/history.ts'
export { historyKinds, historyRecords } from './storage/ports/history.ts'
export type {
  AskedJobState,
  Job,
  JobFailure,
  JobFilter,
  JobItem,
  JobProgress,
  JobState,
  JsonObject,
  NewJobItem,
} from './storage/ports/jobs.ts'
export type { Page, PageOptions } from './storage/ports/pages.ts'
export type {
  ChangedPerson,
  LostInMerge,
  MergeConsequences,
  MergeInput,
  Metadata,
  Person,
  PersonCondition,
  PersonListOptions,
  PersonPatch,
  RemovalCondition,
} from './storage/ports/persons.ts'
export type {
  FacesChanged,
  SetAsideOutcome,
  TakeBackOutcome,
} from './storage/ports/set-aside.ts'
export { setAsideOutcomes, takeBackOutcomes } from './storage/ports/set-aside.ts'
export type { Statement, StatementKind } from './storage/ports/statements.ts'
export type {
  Sighting,
  SightingFilter,
  Stranger,
  StrangerCounts,
  StrangerFilter,
  StrangerStatus,
} from './storage/ports/strangers.ts'
export type { DetectorOptions, Turn } from './vision/analyzer/analyzer-types.ts'

/** Any keys of the configuration, and how the library starts. */
export interface FaceWatcherOptions extends PartialConfig {
  /** Fetch models that are needed and not there. Default true. */
  readonly installModels?: boolean
  /** Called while models are installed. */
  readonly onInstallProgress?: OnInstallProgress
}

/** A Face Watcher that lives in this process. */
export interface LocalFaceWatcher extends FaceWatcher, AsyncDisposable {
  /** What {@link createApp} and {@link startServer} serve. Closed with the Face Watcher, not before. */
  readonly services: HttpServices
}

/**
 * Face Watcher in this process: the same use cases as over HTTP, on the same data directory. Reads
 * neither a configuration file nor the environment. `close()` ends its worker threads, and so does
 * `await using`; until then they keep the process alive.
 *
 * @throws {FaceError} `invalidConfig`, `dataDirUnusable`, `modelInstallFailed`, and the store's errors
 */
export async function createFaceWatcher(
  options: FaceWatcherOptions = {},
): Promise<LocalFaceWatcher> {
  const { installModels = true, onInstallProgress, ...given } = options
  const { installer, analyzer, workers, close, ...services } = await composeFaceWatcher(
    toConfig(given),
    {
      installMissing: installModels,
      ...(onInstallProgress === undefined ? {} : { onProgress: onInstallProgress }),
    },
  )
  return {
    ...services.faceWatcher,
    services,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * The HTTP interface as a Fastify application, ready for requests and not listening: for `inject`,
 * `listen`, or `routing` inside another server. Closes nothing but itself.
 *
 * @param args  the `services` of {@link createFaceWatcher}, and options
 */
export const createApp: typeof CreateApp = async (...args) =>
  // Loaded when it is used: a program that serves nothing need not load the server.
  (await import('./http/app.ts')).createApp(...args)

/**
 * The HTTP interface, listening. `close()` or `await using` stops it; the Face Watcher stays open.
 *
 * @param args  the `services` of {@link createFaceWatcher}, and options
 * @throws {FaceError} `insecureBind` beyond this machine without an API key, `portInUse`, `invalidConfig`
 */
export const startServer: typeof StartServer = async (...args) =>
  (await import('./http/server.ts')).startServer(...args)
