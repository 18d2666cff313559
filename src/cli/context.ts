import type { Command } from 'commander'
import type { Composition } from '../compose/compose.ts'
import type { Config, PartialConfig } from '../config/config.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Logger } from '../platform/logger.ts'
import { commandLineActor } from './actor.ts'
import { setUpAllocator } from './allocator.ts'
import type { Output } from './output.ts'
import { createProgress, type ProgressForm, type ProgressView } from './progress.ts'

/** What every command gets. Heavy modules are loaded when a command runs, so that help is quick. */
export interface CliContext {
  readonly output: Output
  /** @throws {FaceError} `invalidConfig` */
  loadConfig(flags?: PartialConfig, flagNames?: FlagNames): Promise<LoadedConfig>
  /** The use cases on the configured data directory, while `use` runs. */
  withFaceWatcher<T>(use: UseFaceWatcher<T>): Promise<T>
  /** The same for commands that look at images: missing models are installed first. */
  withModels<T>(use: UseFaceWatcher<T>): Promise<T>
  /** Shows how far a job is, as `--progress` says. */
  openProgress(about: ProgressAbout): Promise<ProgressView>
}

export interface ProgressAbout {
  /** Of the job. */
  readonly kind: string
  /** Of the job, once it is known. */
  readonly id?: () => string | undefined
}

export type UseFaceWatcher<T> = (opened: Composition, config: Config) => Promise<T>

/** The flag that stands for a key of the configuration, for messages. */
export type FlagNames = Readonly<Record<string, string>>

interface GlobalOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly logLevel?: Config['log']['level']
  readonly verbose?: boolean
  readonly progress?: ProgressForm
}

const globalFlagNames: FlagNames = { dataDir: '--data-dir', 'log.level': '--log-level' }

/** @param program  has the global options */
export function createContext(program: Command, output: Output): CliContext {
  const globals = () => program.opts<GlobalOptions>()
  const loadConfig: CliContext['loadConfig'] = async (flags = {}, flagNames = {}) => {
    const { loadConfig: load } = await import('../config/load.ts')
    const { config: file, dataDir, logLevel } = globals()
    const names = { ...globalFlagNames, ...flagNames }
    return load({
      ...(file === undefined ? {} : { file }),
      flags: {
        ...flags,
        ...(dataDir === undefined ? {} : { dataDir }),
        ...(logLevel === undefined ? {} : { log: { ...flags.log, level: logLevel } }),
      },
      flagName: (path) => names[path] ?? `--${path}`,
    })
  }
  const open = async <T>(use: UseFaceWatcher<T>, installMissing: boolean): Promise<T> => {
    const { config } = await loadConfig()
    const [{ composeFaceWatcher }, { createModelProgress }] = await Promise.all([
      import('../compose/compose.ts'),
      import('./model-progress.ts'),
    ])
    const progress = createModelProgress(output)
    const opened = await composeFaceWatcher(config, {
      installMissing,
      shortLived: true,
      takesImages: true,
      onProgress: progress.update,
      signal: progress.signal,
      logger: createWarningLogger(config, output),
    }).finally(progress.stop)
    try {
      const caller = { actor: commandLineActor() }
      const faceWatcher = opened.faceWatcher.as(caller)
      return await use({ ...opened, faceWatcher, jobs: opened.jobs.as(caller) }, config)
    } finally {
      await opened.close()
    }
  }
  return {
    output,
    loadConfig,
    openProgress: (about) =>
      createProgress(output, { ...about, form: globals().progress ?? 'auto' }),
    withFaceWatcher: (use) => open(use, false),
    async withModels(use) {
      await setUpAllocator()
      return open(use, true)
    },
  }
}

/** What a command that ends by itself logs: warnings, as lines for people. */
function createWarningLogger(config: Config, output: Output): Logger {
  const quiet = ['error', 'fatal', 'silent'].includes(config.log.level)
  return {
    info: () => {},
    warn: (_fields, message) => {
      if (!quiet) output.note(`warning: ${message}`)
    },
  }
}
