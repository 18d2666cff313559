import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Folders whose inside is not shown. */
const closed = /^(test\/(fixtures|hostile|faults|e2e|http|helpers)|bench\/(results|peers))\//

/** Paths of the folders in a tree of lines that are indented by two spaces a level. */
function readTree(text: string): string[] {
  const above: string[] = []
  return text.split('\n').flatMap((line) => {
    const [, indent, name] = /^( *)([\w.-]+)\//.exec(line) ?? []
    if (indent === undefined || name === undefined) return []
    above.length = indent.length / 2
    above.push(name)
    return [above.join('/')]
  })
}

/** All folders with files under version control, and those above them. */
function listFolders(): string[] {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')
  const folders = new Set<string>()
  for (const file of files) {
    for (let path = dirname(file); path !== '.'; path = dirname(path)) folders.add(path)
  }
  return [...folders].filter((path) => !path.startsWith('.') && !closed.test(path))
}

it('CONTRIBUTING shows the folders that there are', () => {
  const text = readFileSync(`${root}/CONTRIBUTING.md`, 'utf8')
  const tree = /## The tree[\s\S]*?```\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  expect(readTree(tree).sort()).toEqual(listFolders().sort())
})
