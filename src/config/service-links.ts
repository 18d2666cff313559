// [Note: Service links] Kubernetes gives every container variables that name the Services of its
// namespace, named after them: a Service `face-watcher` makes FACE_WATCHER_PORT=tcp://10.0.0.1:8000,
// and `face-watcher-http` even FACE_WATCHER_HTTP_PORT, the name of a key. Source: Kubernetes
// pkg/kubelet/envvars/envvars.go, FromServices and makeLinkVariables.
const address = /^(?:tcp|udp|sctp):\/\/.+:\d+$/
const shapes: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, /./],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, /^\d+$/],
  [/_PORT$/, address],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)$/, address],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_PROTO$/, /^(?:tcp|udp|sctp)$/],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_PORT$/, /^\d+$/],
  [/_PORT_\d+_(?:TCP|UDP|SCTP)_ADDR$/, /./],
]

/** Whether Kubernetes set this variable for a Service; see [Note: Service links]. */
export function isServiceLink(variable: string, text: string | undefined): boolean {
  return shapes.some(([name, value]) => name.test(variable) && value.test(text ?? ''))
}
