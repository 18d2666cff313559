// Packs the package, installs the tarball in empty folders and recognises a photograph with what was
// installed: what a new user does. One line a check; nothing is left behind.
//
//   node scripts/check-tarball.mjs [--data DIR] [--tarball FILE]
//
// DIR holds installed models, default .cache/test-data; FILE was packed before.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const readOption = (name) =>
  process.argv[process.argv.indexOf(name) + 1 || Number.POSITIVE_INFINITY]
const data = resolve(readOption('--data') ?? join(root, '.cache/test-data'))
const packed = readOption('--tarball')
const photos = join(root, 'node_modules/@vladmandic/face-api/demo')
const temporary = mkdtempSync(join(tmpdir(), 'face-watcher-tarball-'))
const limitMs = 5 * 60_000

const installers = [
  { name: 'npm 10', command: ['npx', '-y', 'npm@10', 'install'] },
  { name: 'npm 11', command: ['npx', '-y', 'npm@11', 'install'] },
  { name: 'pnpm 10', command: ['npx', '-y', 'pnpm@10', 'add'] },
]
const nodes = ['20.19.0', '22', '24']

/** This process's environment without what `npm run` adds, which would steer the npm under test. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) && name !== 'NODE_OPTIONS'),
)

function run([command, ...args], cwd, extra = {}) {
  const started = Date.now()
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: limitMs,
    maxBuffer: 64 << 20,
    env: { ...env, ...extra },
  })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`
  return { code: result.status, stdout: result.stdout, output, ms: Date.now() - started }
}

let failures = 0
/** @param fault  what is wrong, or undefined */
function report(name, fault, note = '') {
  if (fault !== undefined) failures++
  console.log(
    `${fault === undefined ? 'ok    ' : 'FAILED'} ${name}${note}${fault === undefined ? '' : `\n${fault}`}`,
  )
}

/** Warnings that a user would see for what our package is. */
const unwanted = /EBADENGINE|Unsupported engine|Unknown project config|nuget|deprecated/i
function findUnwanted(output) {
  return output.split('\n').find((line) => unwanted.test(line))
}

function pack() {
  const { code, output } = run(['npm', 'pack', '--pack-destination', temporary], root)
  const name = readdirSync(temporary).find((file) => file.endsWith('.tgz'))
  const fault = code === 0 && name !== undefined ? undefined : output.slice(-3000)
  const path = join(temporary, name ?? '')
  report('npm pack', fault, fault ? '' : ` (${Math.round(statSync(path).size / 1e6)} MB)`)
  return fault ? undefined : path
}

/** @returns folder of the installation, or undefined where it failed */
function install({ name, command }, tarball, args = []) {
  const folder = mkdtempSync(join(temporary, 'install-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const { code, output, ms } = run([...command, ...args, tarball], folder)
  const bill = join(folder, 'node_modules/face-watcher/sbom.cdx.json')
  const lacking = existsSync(bill) ? undefined : 'there is no bill of materials in the package'
  const fault = code === 0 ? (findUnwanted(output) ?? lacking) : output.slice(-3000)
  report(`${name}: install ${args.join(' ')}`, fault, ` (${Math.round(ms / 1000)} s)`)
  return code === 0 ? folder : undefined
}

/** Enrols one photograph with the installed program and identifies it. */
function recognise(name, folder, node) {
  const dataDir = mkdtempSync(join(temporary, 'data-'))
  cpSync(join(data, 'models'), join(dataDir, 'models'), { recursive: true })
  const people = join(dataDir, 'people')
  mkdirSync(join(people, 'Ann'), { recursive: true })
  const photo = join(photos, 'sample1.jpg')
  cpSync(photo, join(people, 'Ann/1.jpg'))
  const main = join(folder, 'node_modules/face-watcher/dist/cli/main.js')
  const program =
    node === undefined ? ['npx', 'face-watcher'] : ['npx', '-y', '-p', `node@${node}`, 'node', main]
  const cli = [...program, '--data-dir', dataDir]
  const enrolled = run([...cli, 'enroll', people, '--faces', 'largest'], folder)
  const identified = run([...cli, 'identify', photo], folder)
  const isRight = enrolled.code === 0 && identified.code === 0 && /\bAnn\b/.test(identified.stdout)
  report(
    `${name}: identify on Node ${node ?? process.versions.node}`,
    isRight ? undefined : `${enrolled.output}${identified.output}`.slice(-3000),
  )
  rmSync(dataDir, { recursive: true, force: true })
}

/** Looks for packages of the installation that no longer run on a Node version that we promise. */
function installOnOldestNode(tarball) {
  const name = 'npm 10 on Node 20.19.0'
  const command = ['npx', '-y', '-p', 'node@20.19.0', '-p', 'npm@10', 'npm', 'install']
  return install({ name, command }, tarball, ['--engine-strict'])
}

try {
  const tarball = packed === undefined ? pack() : resolve(packed)
  if (tarball !== undefined) {
    for (const installer of installers) {
      const folder = install(installer, tarball)
      if (folder !== undefined) recognise(installer.name, folder, undefined)
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    }
    const unscripted = install(installers[0], tarball, ['--ignore-scripts'])
    if (unscripted !== undefined) recognise('npm 10 --ignore-scripts', unscripted, undefined)
    const oldest = installOnOldestNode(tarball)
    if (oldest !== undefined) for (const node of nodes) recognise('npm 10', oldest, node)
  }
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1
