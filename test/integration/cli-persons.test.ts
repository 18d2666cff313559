import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestDataDir,
  runInProcess,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

// Persons are named by id or by name; what cannot be undone is confirmed.

let data: TestDataDir
let photo: string

beforeAll(async () => {
  data = await createTestDataDir()
  photo = await writeFacePhoto('ann', join(data.path, 'ann.jpg'))
})
afterAll(() => data.remove())

const cli = (...args: string[]) => runInProcess(['--data-dir', data.path, ...args])

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
async function json(...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await cli(...args, '--json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

describe('persons by name', () => {
  it('are made with metadata, which are changed key by key', async () => {
    const metadata = ['--metadata', 'team=night', '--metadata', '{"level": 3, "on": true}']
    const made = await json('persons', 'create', 'Ann Lee', ...metadata)
    expect(made.metadata).toEqual({ team: 'night', level: 3, on: true })
    const change = ['--name', 'Ann', '--metadata', 'team=a=b', '--remove-metadata', 'on']
    const updated = await json('persons', 'update', 'Ann Lee', ...change)
    expect(updated).toMatchObject({ id: made.id, name: 'Ann' })
    expect(updated.metadata).toEqual({ team: 'a=b', level: 3 })
    const named = await json('persons', 'update', 'Ann', '--name', 'Ann Lee')
    expect(named.metadata).toEqual({ team: 'a=b', level: 3 })
    expect((await cli('persons', 'rename', 'Ann Lee', 'Ann')).code).toBe(0)
    expect((await cli('persons', 'update', 'Ann')).code).toBe(2)
    expect((await cli('persons', 'create', 'Bea', '--metadata', 'team')).code).toBe(2)
    const clash = await cli('persons', 'create', 'Ann', '--if-exists', 'refuse')
    expect([clash.code, clash.stderr]).toEqual([4, expect.stringContaining('[personExists]')])
    expect((await json('persons', 'create', 'Ann', '--if-exists', 'reuse')).id).toBe(made.id)
  })

  it('are searched, listed and changed in all fields', async () => {
    const made = await json(
      ...['persons', 'create', 'İstanbul Kaya', '--alias', 'Kay', '--external-id', 'e 1'],
      ...['--notes', 'new', '--favourite', 'yes'],
    )
    const fields = { aliases: ['Kay'], externalId: 'e 1', notes: 'new', favourite: true }
    expect(made).toMatchObject({ ...fields, revision: 1 })
    const find = async (...args: string[]) =>
      (await json('persons', 'list', ...args)).items.map(({ name }: { name: string }) => name)
    expect(await find('--query', 'istanbul kay')).toEqual(['İstanbul Kaya'])
    expect(await find('--favourite', 'yes', '--sort', 'name')).toEqual(['İstanbul Kaya'])
    expect(await find('--external-id', 'e 1')).toEqual(['İstanbul Kaya'])
    expect(await find('--query', 'istanbul', '--hidden', 'yes')).toEqual([])
    const updated = await json(
      ...['persons', 'update', made.id, '--add-alias', 'Kaya', '--remove-alias', 'Kay'],
      ...['--no-notes', '--hidden', 'yes', '--if-revision', '1'],
    )
    expect(updated).toMatchObject({ aliases: ['Kaya'], hidden: true, revision: 2 })
    expect(updated).not.toHaveProperty('notes')
    for (const args of [
      ['update', made.id, '--name', 'x', '--if-revision', '1'],
      ['delete', made.id, '--yes', '--if-revision', '1'],
    ]) {
      const refused = await cli('persons', ...args)
      expect([refused.code, refused.stderr]).toEqual([
        ...[4, expect.stringContaining('[revisionMismatch]')],
      ])
    }
    expect((await cli('persons', 'show', made.id)).stdout).toContain('aliases  Kaya')
    expect((await cli('persons', 'delete', made.id, '--yes', '--if-revision', '2')).code).toBe(0)
  })

  it('are exported as a table, and changed by it', async () => {
    const collection = ['--collection', 'many']
    await json('collections', 'create', 'many')
    for (const name of ['=Ann', 'Bob', 'Cid', 'Dan']) {
      await json('persons', 'create', name, ...collection, '--metadata', 'team=a')
    }
    const table = join(data.path, 'people.csv')
    const out = await cli('persons', 'export', ...collection, '--out', table)
    expect(out.code, out.stderr).toBe(0)
    const same = await json('persons', 'apply', table, ...collection)
    expect(same).toMatchObject({ changed: 0, unchanged: 4, failed: 0 })
    expect((await cli('persons', 'export', ...collection, '--out', table)).code).not.toBe(0)
    const people = await json('persons', 'list', ...collection)
    const id = (name: string): string =>
      people.items.find((person: { name: string }) => person.name === name).id
    const lines = [
      'action,id,name,newName,aliases,notes,hidden,metadata.team,addTags,revision',
      `,${id('=Ann')},Ann,,"[""A""]",hello,true,b,x;y,1`,
      ',,Bob,Robert,,,,null,,',
      `delete,${id('Cid')},,,,,,,,`,
      `,${id('Dan')},Daniel,,,,,,,7`,
      ',,Nobody,,,,,,,',
    ]
    await writeFile(table, lines.join('\n'))
    const counts = { changed: 2, deleted: 1, failed: 2 }
    const apply = ['persons', 'apply', table, ...collection, '--yes']
    const dry = await cli(...apply, '--dry-run', '--json')
    expect(JSON.parse(dry.stdout)).toMatchObject({ ...counts, dryRun: true })
    expect((await json('persons', 'list', ...collection)).items).toEqual(people.items)
    const done = await cli(...apply, '--json')
    expect(done.code).toBe(3)
    const result = JSON.parse(done.stdout)
    expect(result).toMatchObject(counts)
    expect(
      result.lines.map(({ status, code }: { status: string; code?: string }) => [status, code]),
    ).toEqual([
      ['changed', undefined],
      ['changed', undefined],
      ['deleted', undefined],
      ['failed', 'revisionMismatch'],
      ['failed', 'personNotFound'],
    ])
    const now = await json('persons', 'list', ...collection)
    expect(now.items).toMatchObject([
      {
        name: 'Ann',
        aliases: ['A'],
        notes: 'hello',
        hidden: true,
        metadata: { team: 'b', tags: ['x', 'y'] },
      },
      { name: 'Robert', metadata: {} },
      { name: 'Dan' },
    ])
    await writeFile(table, 'id,colour\nx,red\n')
    const wrong = await cli('persons', 'apply', table, ...collection)
    expect(wrong.stderr).toContain('colour')
    const listed = join(data.path, 'people.json')
    await cli('persons', 'export', ...collection, '--format', 'json', '--out', listed)
    expect(JSON.parse(await readFile(listed, 'utf8'))).toEqual(now.items)
    const photos = ['persons', 'photos', 'Ann', ...collection, '--out', join(data.path, 'a.zip')]
    expect((await cli(...photos)).stderr).toContain('[notFound]')
    expect((await cli('collections', 'delete', 'many', '--yes')).code).toBe(0)
  })

  it('are found wherever a person is named', async () => {
    const { id } = await json('persons', 'show', 'Ann')
    expect(await json('persons', 'show', id)).toMatchObject({ name: 'Ann', faceCount: 0 })
    expect((await json('enroll', photo, '--person', 'Ann')).enrolled).toBe(1)
    expect((await json('faces', 'list', '--person', 'Ann')).items).toHaveLength(1)
    expect((await json('verify', photo, '--person', 'Ann')).match).toBe(true)
  })

  it('are an error where nobody or several have the name', async () => {
    const second = await json('persons', 'create', 'Ann')
    const [first] = (await json('persons', 'list', '--limit', '1')).items
    for (const args of [
      ['persons', 'show', 'Ann'],
      ['persons', 'update', 'Ann', '--name', 'x'],
      ['persons', 'rename', 'Ann', 'x'],
      ['persons', 'delete', 'Ann', '--yes'],
      ['faces', 'list', '--person', 'Ann'],
      ['verify', photo, '--person', 'Ann'],
      ['enroll', photo, '--person', 'Ann'],
    ]) {
      const { code, stderr } = await cli(...args)
      expect(stderr, args.join(' ')).toContain(
        `Several persons in default have the name "Ann": ${first.id}, ${second.id}. Give the id of one.`,
      )
      expect(code).toBe(2)
    }
    const nobody = await cli('persons', 'show', 'Zed')
    expect(nobody.stderr).toContain('Nobody in default has the id or the name "Zed".')
    expect(nobody.stderr).toContain('[personNotFound]')
    expect(nobody.code).toBe(3)
    expect((await cli('persons', 'delete', second.id, '--yes')).code).toBe(0)
  })

  it('are listed to a limit, and from where the last list ended', async () => {
    for (const name of ['Bea', 'Carla', 'Dora']) await json('persons', 'create', name)
    const names = (page: { items: { name: string }[] }) => page.items.map(({ name }) => name)
    const page = await json('persons', 'list', '--limit', '3')
    expect(names(page)).toEqual(['Ann', 'Bea', 'Carla'])
    const rest = await json('persons', 'list', '--cursor', page.nextCursor)
    expect(rest).toMatchObject({ items: [{ name: 'Dora' }] })
    expect(rest).not.toHaveProperty('nextCursor')
    expect(names(await json('persons', 'list', '--all'))).toHaveLength(4)
    expect((await cli('persons', 'list')).stdout).toContain('Dora')
  })
})

describe('what cannot be undone', () => {
  it('is done only with --yes where nobody can be asked', async () => {
    const [face] = (await json('faces', 'list')).items
    const questions: readonly (readonly [readonly string[], string])[] = [
      [['faces', 'delete', face.id], 'This deletes 1 face of Ann.'],
      [
        ['persons', 'delete', 'Ann', 'Bea'],
        'This deletes Ann (1 face), Bea (0 faces) from default.',
      ],
    ]
    for (const [args, text] of questions) {
      const { code, stdout, stderr } = await cli(...args)
      expect(stderr).toBe(`${text} It cannot be undone. Add --yes to do it.\n`)
      expect([code, stdout]).toEqual([2, ''])
    }
    expect(await json('persons', 'show', 'Ann')).toMatchObject({ faceCount: 1 })
    // A name that is wrong deletes nobody.
    expect((await cli('persons', 'delete', 'Ann', 'Zed', '--yes')).code).toBe(3)
    expect((await cli('faces', 'delete', face.id, '--yes')).stdout).toBe(
      `Deleted face ${face.id}.\n`,
    )
    const deleted = await cli('persons', 'delete', 'Ann', 'Bea', '--yes')
    expect(deleted.stdout).toMatch(
      /^Deleted person Ann \(\w{26}\)\.\nDeleted person Bea \(\w{26}\)\.\n$/,
    )
    expect((await json('persons', 'list')).items).toHaveLength(2)
  })

  it('is done with --yes for a collection', async () => {
    await json('collections', 'create', 'staff')
    await json('persons', 'create', 'Eve', '--collection', 'staff')
    const { code, stderr } = await cli('collections', 'delete', 'staff')
    expect([code, stderr]).toEqual([
      2,
      'This deletes the collection staff with 1 person and 0 faces. It cannot be undone. Add --yes to do it.\n',
    ])
    const { stdout } = await cli('collections', 'delete', 'staff', '--yes')
    expect(stdout).toBe('Deleted staff with 1 person and 0 faces.\n')
  })
})

describe('status', () => {
  it('says what the data directory holds', async () => {
    const { code, stdout } = await cli('status')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^version {2}\d+\.\d+\.\d+\ndata {5}\S+ \(sqlite\)\nindex {4}projected\n/,
    )
    expect(stdout).toMatch(/models {3}.*mobilefacenet \*.* \(\* by default\)\nready {4}yes\n/)
    expect(stdout).toMatch(/holds {4}2 persons, 0 faces\n/)
    expect(stdout).toMatch(/default +mobilefacenet +2 +0\n$/)
    expect((await cli('status', '--index')).stdout).toMatch(/default .* projected, faces 0/)
  })
})
