import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestDataDir,
  runCli,
  startCli,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

// What takes images takes several: files, folders, and standard input.

let data: TestDataDir
let ann: string
let again: string
let broken: string

beforeAll(async () => {
  data = await createTestDataDir()
  ann = await writeFacePhoto('ann', join(data.path, 'one', 'ann.jpg'))
  again = await writeFacePhoto('annAgain', join(data.path, 'again.jpg'))
  broken = join(data.path, 'broken.jpg')
  writeFileSync(broken, 'no image')
})
afterAll(() => data.remove())

const cli = (args: readonly string[], options = {}) =>
  runCli(['--data-dir', data.path, ...args], options)
const lines = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('several images', () => {
  it('are enrolled from standard input too', async () => {
    const stdin = readFileSync(ann)
    const enrolled = await cli(['enroll', '-', '--name', 'Ann'], { stdin })
    expect([enrolled.code, enrolled.stdout]).toEqual([
      0,
      expect.stringContaining('Enrolled 1 image, 1 new person'),
    ])
    expect((await cli(['enroll', '-'], { stdin })).stderr).toContain('whose face is it?')
  })

  it.each(['identify', 'detect', 'embed'])('%s: each on its line, in order', async (command) => {
    const paths = [again, join(data.path, 'one'), '-', broken]
    const stdin = readFileSync(again)
    const printed = await cli([command, ...paths, '--json'], { stdin })
    const answers = lines(printed.stdout)
    expect(answers.map(({ file }) => file)).toEqual([again, ann, '-', broken])
    expect(answers.map(({ faces }) => faces?.length)).toEqual([1, 1, 1, undefined])
    expect(answers[3].error.code).toBe('unsupportedImage')
    expect(answers[2].faces).toEqual(answers[0].faces)
    expect(printed.code).toBe(0)
    const strict = await cli([command, again, broken, '--strict'])
    expect(strict.code).toBe(3)
    expect(strict.stdout).toContain('again.jpg: ')
    expect(strict.stdout).toContain('broken.jpg: ')
    expect((await cli([command, broken, broken])).code).toBe(3)
  })

  it('one image is one answer, and its problem an error', async () => {
    const { stdout } = await cli(['identify', again, '--json'])
    expect(stdout).toMatch(/^\{\n {2}"file"/)
    const refused = await cli(['embed', broken])
    expect([refused.code, refused.stdout]).toEqual([3, ''])
    expect(refused.stderr).toContain('[unsupportedImage]')
  })

  it('verify reads one of them from standard input', async () => {
    const stdin = readFileSync(again)
    expect((await cli(['verify', '-', ann], { stdin })).stdout).toMatch(/^match: /)
    expect((await cli(['verify', '-', '--person', 'Ann'], { stdin })).stdout).toMatch(/^match: /)
    const twice = await cli(['verify', '-', '-'], { stdin })
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining('"-" is standard input, and can be given once.'),
    ])
    expect((await cli(['identify', '-', '-'], { stdin })).code).toBe(2)
  })

  it('says the model, the dimensions and what cannot be compared', async () => {
    const { stdout } = await cli(['embed', again])
    expect(stdout).toMatch(/again\.jpg: \d+ x \d+, faces: 1, mobilefacenet, 512 dimensions/)
    const { code, stderr } = await cli(['embed', again, '--model', 'none'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('[unknownModel]')])
  })

  it('draws all of them into a folder', async () => {
    const out = join(data.path, 'drawn')
    const { code } = await cli(['identify', again, '-', '--draw', out], {
      stdin: readFileSync(ann),
    })
    expect(code).toBe(0)
    expect(readFileSync(join(out, 'again.jpg')).length).toBeGreaterThan(1000)
    expect(readFileSync(join(out, 'standard-input.jpg')).length).toBeGreaterThan(1000)
  })

  it('exits with 4 where a marked image cannot be written, and says why', async () => {
    const file = join(data.path, 'file')
    writeFileSync(file, '')
    const { code, stdout, stderr } = await cli(['identify', again, '--draw', join(file, 'a.png')])
    expect(stdout).toContain('match Ann')
    expect(stderr).toContain('a.png: part of the path is not a folder.')
    expect(code).toBe(4)
  })

  it('standard input is read no further than the limit of an image', async () => {
    const running = startCli(['--data-dir', data.path, 'detect', '-'], {
      env: { FACE_WATCHER_LIMITS_MAX_IMAGE_BYTES: '100000' },
      stdin: Buffer.alloc(3_000_000),
    })
    const { code, stderr } = await running.done
    expect(stderr).toContain('More than 100000 bytes')
    expect([code, stderr]).toEqual([3, expect.stringContaining('[imageTooLarge]')])
  })
})
