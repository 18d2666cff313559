const storageKey = 'faceWatcherCamera'

/** The camera that was chosen on this device, where the browser keeps it. */
export function readCameraChoice(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps the chosen camera on this device, where the browser allows it. */
export function saveCameraChoice(deviceId: string): void {
  try {
    localStorage.setItem(storageKey, deviceId)
  } catch {
    // A browser that keeps nothing takes any camera the next time.
  }
}
