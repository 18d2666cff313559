// tsc writes files without the executable bit that `npx face-watcher` needs in a checkout.
import { chmodSync } from 'node:fs'

chmodSync(new URL('../dist/cli/main.js', import.meta.url), 0o755)
