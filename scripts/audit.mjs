// Asks the registry for known vulnerabilities of the packages that a user gets. Fails at those of
// level high and above; where the registry does not answer it says so and does not fail.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  ...{ cwd: root, encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120_000 },
  shell: process.platform === 'win32',
})
let answer
try {
  answer = JSON.parse(stdout)
} catch {
  answer = {}
}
const counts = answer.metadata?.vulnerabilities
if (counts === undefined) {
  const why = answer.message ?? stderr?.split('\n')[0] ?? 'no answer'
  console.log(`not audited: the registry does not answer (${why})`)
} else {
  for (const [name, { severity, range }] of Object.entries(answer.vulnerabilities ?? {})) {
    console.log(`${severity}: ${name} ${range}`)
  }
  console.log(
    Object.entries(counts)
      .map(([level, count]) => `${level} ${count}`)
      .join(', '),
  )
  if (counts.high + counts.critical > 0) process.exitCode = 1
}
