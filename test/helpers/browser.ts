import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Chromium is: `CHROMIUM_PATH`, or the usual places of Linux packages. */
export function findChromium(): string | undefined {
  const candidates = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser']
  return candidates.find((path): path is string => path !== undefined && existsSync(path))
}

/** Why end-to-end tests are skipped, for the name of their suite; empty when they run. */
export const skippedWithoutChromium: string =
  findChromium() === undefined
    ? ' (skipped: no Chromium; apt-get install chromium, or set CHROMIUM_PATH)'
    : ''

export interface BrowserOptions {
  /** An .mjpeg file that plays the camera; without it there is no camera at all. */
  readonly cameraFile?: string
  /** So many cameras that show a test picture, in the place of a file. */
  readonly cameras?: number
  /** Whether the question for the camera is answered with yes. Default: yes with a camera. */
  readonly allowCamera?: boolean
  /** A host name that leads to this machine, as if it were another; pages there are not secure. */
  readonly foreignHost?: string
}

/** Starts a Chromium of its own. The caller closes it. */
export function launchBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('Chromium is not installed.')
  const { cameraFile, cameras } = options
  const camera = [
    ...(cameraFile === undefined
      ? []
      : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${cameraFile}`]),
    ...(cameras === undefined
      ? []
      : [`--use-fake-device-for-media-stream=device-count=${cameras}`]),
  ]
  const allow = options.allowCamera ?? (cameraFile !== undefined || cameras !== undefined)
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(allow ? ['--use-fake-ui-for-media-stream'] : []),
      ...camera,
      ...(options.foreignHost === undefined
        ? []
        : [`--host-resolver-rules=MAP ${options.foreignHost} 127.0.0.1`]),
    ],
  })
}
