// Writes docs/reference/configuration.md from the schema of the built code (npm run build:server
// first). `--out FILE` writes to another place.
import { writeFileSync } from 'node:fs'
import { describeAllowed, listConfigKeys } from '../dist/config/keys.js'

const flag = process.argv.indexOf('--out')
const out =
  flag > 0
    ? process.argv[flag + 1]
    : new URL('../docs/reference/configuration.md', import.meta.url).pathname

const sectionTitles = {
  '': 'General',
  http: 'http: the server',
  limits: 'limits: images',
  models: 'models: networks',
  detector: 'detector: finding faces',
  quality: 'quality: gates of enrolment',
  policy: 'policy: decisions',
  analyzer: 'analyzer: worker threads',
  store: 'store: the database',
  index: 'index: the search index',
  sync: 'sync: several processes',
  log: 'log',
}
const sectionNotes = {
  quality:
    'A face must pass all of them to be enrolled; `off` switches one off. Identification is not gated.',
  policy: 'For new collections; a collection keeps its own policy and can be changed over the API.',
}

function toDefault({ path, schema }) {
  if (path === 'dataDir') return 'see below'
  const value = schema.default
  if (value === '') return 'none'
  if (Array.isArray(value) && value.length === 0) return 'none'
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

const lines = [
  '# Configuration',
  '',
  '<!-- Generated from src/config/schema.ts by scripts/generate-config-docs.mjs. -->',
  '',
  'Every value has a default; nothing needs to be configured to start. `face-watcher config print` shows the values in force and where each comes from, secrets masked.',
  '',
  'Sources, the later ones win key by key:',
  '',
  '1. defaults',
  '2. a YAML file: `--config FILE`, else `FACE_WATCHER_CONFIG`, else `face-watcher.yaml` in the working directory if it is there',
  '3. environment variables: `FACE_WATCHER_` and the path of the key in upper snake case; lists are separated by commas; an empty variable counts as not set, and what Kubernetes sets for a Service of this name (`FACE_WATCHER_SERVICE_HOST`, `FACE_WATCHER_PORT=tcp://...`) is ignored',
  '4. flags of the command: `--data-dir`, `--log-level`, and for `serve` also `--host`, `--port`, `--insecure`',
  '',
  'An unknown key or a bad value, in the file or in the environment, stops the start with the error `invalidConfig` and exit code 2. The message names the key, its source (file and line, variable or flag) and what is allowed; all problems are listed at once. Secrets are never repeated.',
  '',
  'The library (`createFaceWatcher`) takes the same keys as an object and reads neither file nor environment.',
  '',
  '```yaml',
  '# face-watcher.yaml',
  'dataDir: /var/lib/face-watcher',
  'http:',
  '  host: 0.0.0.0',
  '  apiKeys:',
  '    - sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'policy:',
  '  maxFpir: 0.001',
  '```',
  '',
  '## The data directory',
  '',
  'Without `dataDir` the data is kept in the place that the system has for it, the same from every working directory:',
  '',
  '| system | directory |',
  '|---|---|',
  '| Linux | `$XDG_DATA_HOME/face-watcher`, by default `~/.local/share/face-watcher` |',
  '| macOS | `~/Library/Application Support/face-watcher` |',
  '| Windows | `%LOCALAPPDATA%\\face-watcher` |',
  '',
  'It is created for its owner only. It holds `gallery.sqlite` (with `-wal` and `-shm` beside it while it is open), `models/`, `indexes/` (snapshots, made again from the database when they are lost) and `cache/` (embeddings of `evaluate`). With `store.encryptionKey` no snapshots are written, because they hold embeddings in the clear.',
]

let section
for (const key of listConfigKeys()) {
  const name = key.path.includes('.') ? key.path.split('.')[0] : ''
  if (name !== section) {
    section = name
    lines.push('', `## ${sectionTitles[name] ?? name}`, '')
    if (sectionNotes[name]) lines.push(sectionNotes[name], '')
    lines.push('| key | variable | allowed | default | |', '|---|---|---|---|---|')
  }
  const allowed = describeAllowed(key.schema).replaceAll('|', '\\|')
  const description = (key.schema.description ?? '').replaceAll('|', '\\|')
  const secret = key.secret ? ' Secret: masked wherever it is shown.' : ''
  lines.push(
    `| \`${key.path}\` | \`${key.variable}\` | ${allowed} | ${toDefault(key)} | ${description}${secret} |`,
  )
}
writeFileSync(out, `${lines.join('\n')}\n`)
