import { useCallback, useEffect, useRef, useState } from 'react'
import { readCameraChoice, saveCameraChoice } from './camera-choice.ts'
import { type CameraProblem, toCameraProblem } from './camera-problem.ts'

export interface CameraDevice {
  readonly id: string
  /** Empty where the browser does not say it. */
  readonly label: string
  /** From 1. */
  readonly number: number
}

export type CameraState =
  | { readonly phase: 'off' | 'starting' }
  | {
      readonly phase: 'on'
      readonly stream: MediaStream
      readonly devices: readonly CameraDevice[]
      readonly deviceId: string | undefined
      /** The camera looks at the user, so that the picture is shown as in a mirror. */
      readonly mirrored: boolean
    }
  | { readonly phase: 'failed'; readonly problem: CameraProblem }

export interface Camera {
  readonly state: CameraState
  readonly start: (deviceId?: string) => void
  readonly stop: () => void
}

/** One camera; it is released when the component goes. `autoStart` is read once. */
export function useCamera(autoStart: boolean): Camera {
  const [state, setState] = useState<CameraState>({ phase: 'off' })
  const stream = useRef<MediaStream>(undefined)
  // A start that was overtaken by a stop or another start must not turn the camera on.
  const attempt = useRef(0)

  const release = useCallback(() => {
    attempt.current++
    for (const track of stream.current?.getTracks() ?? []) track.stop()
    stream.current = undefined
  }, [])

  const start = useCallback(
    async (deviceId?: string) => {
      release()
      const mine = attempt.current
      setState({ phase: 'starting' })
      try {
        if (deviceId !== undefined) saveCameraChoice(deviceId)
        const opened = await openCamera(deviceId ?? readCameraChoice())
        if (mine !== attempt.current) {
          for (const track of opened.getTracks()) track.stop()
          return
        }
        stream.current = opened
        const track = opened.getVideoTracks()[0]
        track?.addEventListener('ended', () => {
          if (mine !== attempt.current) return
          release()
          setState({ phase: 'failed', problem: 'lost' })
        })
        const settings = track?.getSettings()
        const devices = await listCameras()
        if (mine !== attempt.current) return
        setState({
          phase: 'on',
          stream: opened,
          devices,
          deviceId: settings?.deviceId,
          mirrored: settings?.facingMode !== 'environment',
        })
      } catch (error) {
        if (mine !== attempt.current) return
        setState({
          phase: 'failed',
          problem: hasCameraApi() ? toCameraProblem(error) : 'insecure',
        })
      }
    },
    [release],
  )

  const stop = useCallback(() => {
    release()
    setState({ phase: 'off' })
  }, [release])

  // A camera that is plugged in can be chosen at once, and one that is gone cannot.
  const isOn = state.phase === 'on'
  useEffect(() => {
    if (!isOn) return
    const look = () => {
      const mine = attempt.current
      void listCameras().then((devices) => {
        if (mine !== attempt.current) return
        setState((now) => (now.phase === 'on' ? { ...now, devices } : now))
      })
    }
    navigator.mediaDevices.addEventListener('devicechange', look)
    return () => navigator.mediaDevices.removeEventListener('devicechange', look)
  }, [isOn])

  const wanted = useRef(autoStart)
  useEffect(() => {
    if (wanted.current) void start()
    return release
  }, [start, release])

  return { state, start, stop }
}

/** Outside of a secure context browsers hide `mediaDevices`. */
function hasCameraApi(): boolean {
  return 'mediaDevices' in navigator && navigator.mediaDevices !== undefined
}

/** Another camera is taken where the wanted one is not there: it may have been unplugged. */
async function openCamera(deviceId: string | undefined): Promise<MediaStream> {
  if (deviceId !== undefined) {
    try {
      return await openVideo({ deviceId: { exact: deviceId } })
    } catch (error) {
      if (toCameraProblem(error) !== 'absent') throw error
    }
  }
  return openVideo({ facingMode: 'user' })
}

function openVideo(wanted: MediaTrackConstraints): Promise<MediaStream> {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } }
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...size, ...wanted } })
}

async function listCameras(): Promise<CameraDevice[]> {
  const devices = await navigator.mediaDevices.enumerateDevices()
  return devices
    .filter((device) => device.kind === 'videoinput')
    .map((device, index) => ({ id: device.deviceId, label: device.label, number: index + 1 }))
}
