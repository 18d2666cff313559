/**
 * Keeps ONNX Runtime from reporting usage to its maker, which version 1.30 does on Linux. Called in
 * the main thread by whatever starts a thread that loads it: set later or elsewhere it has no effect.
 */
export function disableRuntimeTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1'
}
