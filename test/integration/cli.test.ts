import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CliResult,
  createTestDataDir,
  runCli,
  samplePhoto,
  startCli,
  type TestDataDir,
  writeFacePhoto,
} from '../helpers/cli.ts'

let data: TestDataDir
let photos: string
let probes: { readonly annAgain: string; readonly stranger: string }

beforeAll(async () => {
  data = await createTestDataDir()
  photos = join(data.path, 'photos')
  await writeFacePhoto('ann', join(photos, 'Ann', 'one.jpg'))
  await writeFacePhoto('bea', join(photos, 'Bea <b>', 'deeper', 'one.jpg'))
  await writeFacePhoto('carla', join(photos, 'Zo\u0308e', 'one.jpg'))
  writeFileSync(join(photos, 'Ann', 'broken.jpg'), 'this is not an image')
  writeFileSync(join(photos, 'Ann', 'group.jpg'), readFileSync(samplePhoto(6)))
  writeFileSync(join(photos, 'Ann', 'notes.txt'), 'left out')
  probes = {
    annAgain: await writeFacePhoto('annAgain', join(data.path, 'probes', 'ann-again.jpg')),
    stranger: await writeFacePhoto('stranger', join(data.path, 'probes', 'stranger.jpg')),
  }
})
afterAll(() => data.remove())

const cli = (...args: string[]): Promise<CliResult> => runCli(['--data-dir', data.path, ...args])

async function json(...args: string[]) {
  const { code, stdout, stderr } = await cli(...args, '--json')
  expect(stderr + stdout, `exit ${code}`).toContain('')
  return { code, value: JSON.parse(stdout) }
}

describe('enroll, identify and manage', () => {
  it('enrolls a folder with one folder a person and reports what it rejects', async () => {
    const { code, value } = await json('enroll', photos)
    expect(code).toBe(0)
    expect(value).toMatchObject({ images: 5, enrolled: 3, newPersons: 3, alreadyEnrolled: 0 })
    expect(value).toMatchObject({ ignoredFiles: 1, interrupted: false, remaining: 0 })
    const reasons = value.rejected.map((it: { file: string; reasons: string[] }) => [
      it.file.split('/').pop(),
      ...it.reasons,
    ])
    expect(reasons).toEqual([
      ['broken.jpg', 'unsupportedImage'],
      ['group.jpg', 'multipleFaces'],
    ])
  })

  it('does not enroll the same image twice', async () => {
    const { code, stdout } = await cli('enroll', photos)
    expect(code).toBe(0)
    expect(stdout).toContain('Enrolled 0 images, 0 new persons')
    expect(stdout).toContain('Already enrolled, skipped: 3.')
    expect(stdout).toMatch(/group\.jpg: multipleFaces: /)
    expect(stdout).toContain('3 persons have one photograph; a second one about halves')
  })

  it('recognises another photograph of the same person', async () => {
    const { code, value } = await json('identify', probes.annAgain)
    expect(code).toBe(0)
    expect(value.faces).toHaveLength(1)
    expect(value.faces[0].decision).toBe('match')
    expect(value.faces[0].candidates[0].personName).toBe('Ann')
    // observed 0.68
    expect(value.faces[0].candidates[0].similarity).toBeGreaterThan(0.55)
  })

  it('calls a stranger unknown', async () => {
    const { code, stdout } = await cli('identify', probes.stranger)
    expect(code).toBe(0)
    expect(stdout).toContain('1. unknown; nearest')
  })

  it('reads a photograph that stands on its head, and says so', async () => {
    const turned = join(data.path, 'turned.png')
    await sharp(probes.annAgain).rotate(180).toFile(turned)
    const { code, stdout } = await cli('identify', turned)
    expect(code).toBe(0)
    expect(stdout).toContain('turned.png: 1 face, read turned by 180 degrees clockwise')
    expect(stdout).toContain('1. match Ann')
    expect((await json('identify', turned)).value).toMatchObject({ turned: 180, omittedFaces: 0 })
    expect((await json('identify', turned, '--no-read-turned')).value.turned).toBe(0)
    expect((await cli('detect', turned)).stdout).toContain('read turned by 180 degrees clockwise')
  })

  it('says how many faces it left out', async () => {
    const args = ['--data-dir', data.path, 'identify', samplePhoto(6)]
    const { stdout } = await runCli(args, { env: { FACE_WATCHER_DETECTOR_MAX_FACES: '2' } })
    expect(stdout).toContain('sample6.jpg: 2 faces, 2 smaller faces left out')
  })

  it('draws boxes and names', async () => {
    const out = join(data.path, 'drawn.png')
    expect((await cli('identify', samplePhoto(3), '--draw', out)).code).toBe(0)
    const [original, drawn] = await Promise.all(
      [samplePhoto(3), out].map((file) =>
        sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true }),
      ),
    )
    expect([drawn!.info.width, drawn!.info.height]).toEqual([1920, 1350])
    let changed = 0
    for (let at = 0; at < original!.data.length; at += 3) {
      if (Math.abs(original!.data[at]! - drawn!.data[at]!) > 40) changed++
    }
    expect(changed).toBeGreaterThan(1000)
    expect(changed).toBeLessThan(200_000)
  })

  it('never draws over the images that it reads, nor over others unasked', async () => {
    const original = readFileSync(probes.stranger)
    const onto = ['identify', probes.stranger, '--draw', probes.stranger]
    expect((await cli(...onto, '--force')).stderr).toContain('this file is read by the command')
    const folder = join(data.path, 'probes')
    const all = await cli('identify', folder, '--draw', folder)
    expect([all.code, all.stdout]).toEqual([3, ''])
    expect(all.stderr).toContain('this file is read by the command')
    expect(readFileSync(probes.stranger).equals(original)).toBe(true)

    const out = join(data.path, 'mine.png')
    writeFileSync(out, 'mine')
    const other = ['identify', probes.stranger, '--draw', out]
    const refused = await cli(...other)
    expect([refused.code, readFileSync(out, 'utf8')]).toEqual([3, 'mine'])
    expect(refused.stderr).toContain('mine.png: it is there already; --force replaces it.')
    expect((await cli(...other, '--force')).code).toBe(0)
    expect((await sharp(out).metadata()).format).toBe('png')
  })

  it('names who is in the other images when one cannot be read or written', async () => {
    const folder = join(data.path, 'mixed')
    await writeFacePhoto('annAgain', join(folder, 'a.jpg'))
    await writeFacePhoto('stranger', join(folder, 'z.jpg'))
    mkdirSync(join(folder, 'folder.jpg'))
    symlinkSync('/dev/zero', join(folder, 'm.jpg'))
    const out = join(data.path, 'mixed-drawn')
    // Taken by a folder, which not even --force replaces.
    mkdirSync(join(out, 'a.jpg'), { recursive: true })
    writeFileSync(join(out, 'a.jpg', 'full'), '')
    const { code, stdout, stderr } = await cli('identify', folder, '--draw', out, '--force')
    expect(stdout).toMatch(/a\.jpg: 1 face\n.*\n.*m\.jpg: It is a device.*\n.*z\.jpg: 1 face/)
    expect(stderr).toContain('a.jpg: it is a folder where a file is expected.')
    expect(code).toBe(4)
    expect((await sharp(join(out, 'z.jpg')).metadata()).format).toBe('jpeg')
  })

  it('numbers the faces where no fonts are installed', async () => {
    const fontconfig = join(data.path, 'fonts.conf')
    writeFileSync(fontconfig, '<fontconfig><dir>/nonexistent</dir></fontconfig>')
    const out = join(data.path, 'numbered.png')
    const args = ['--data-dir', data.path, 'identify', samplePhoto(3), '--draw', out]
    const { code, stderr } = await runCli(args, { env: { FONTCONFIG_FILE: fontconfig } })
    expect(code).toBe(0)
    expect(stderr).toContain('No fonts are installed: faces are numbered, not named.')
  })

  it('identifies the images of a folder, one line each', async () => {
    writeFileSync(join(data.path, 'probes', 'zero.jpg'), '')
    const drawn = join(data.path, 'drawn')
    const { code, stdout } = await cli(
      ...['identify', join(data.path, 'probes'), '--json', '--draw', drawn],
    )
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(3)
    expect(lines[0].faces[0].decision).toBe('match')
    expect(lines[1].faces[0].decision).toBe('unknown')
    expect(lines[2].error.code).toBe('emptyImage')
    expect((await sharp(join(drawn, 'ann-again.jpg')).metadata()).format).toBe('jpeg')
  })

  it('verifies two images, and an image against a person', async () => {
    const ann = join(photos, 'Ann', 'one.jpg')
    expect((await json('verify', ann, probes.annAgain)).value.match).toBe(true)
    expect((await json('verify', ann, probes.stranger)).value.match).toBe(false)
    const [person] = (await json('persons', 'list', '--name', 'ann')).value.items
    const { stdout } = await cli('verify', probes.annAgain, '--person', person.id)
    expect(stdout).toMatch(/^match: similarity 0\.\d+, threshold 0\.\d+/)
  })

  it('lists, renames and deletes persons and faces', async () => {
    const persons = (await json('persons', 'list')).value.items
    expect(persons.map((it: { name: string }) => it.name).toSorted()).toEqual([
      'Ann',
      'Bea <b>',
      'Z\u00f6e',
    ])
    const bea = persons.find((it: { name: string }) => it.name.startsWith('Bea'))
    const ann = persons.find((it: { name: string }) => it.name === 'Ann')
    expect((await cli('persons', 'rename', bea.id, 'Beatrice')).code).toBe(0)
    expect((await cli('persons', 'list')).stdout).toContain('Beatrice')
    const { value: shown } = await json('persons', 'show', bea.id)
    expect(shown.faces).toHaveLength(1)
    expect((await cli('faces', 'delete', shown.faces[0].id, '--yes')).code).toBe(0)
    expect((await json('faces', 'list', '--person', bea.id)).value).toEqual({ items: [] })
    expect((await cli('persons', 'delete', ann.id, '--yes')).code).toBe(0)
    const { value } = await json('identify', probes.annAgain)
    expect(value.faces[0].decision).toBe('unknown')
  })

  it('verifies and rebuilds the index', async () => {
    expect((await json('index', 'verify')).value).toMatchObject({ checked: 1, missing: [] })
    const { code, stdout } = await cli('index', 'rebuild')
    expect([code, stdout]).toEqual([0, 'Rebuilt the index of default from 1 faces.\n'])
  })

  it('makes, shows and deletes collections', async () => {
    expect(
      (await cli('collections', 'create', 'staff', '--max-fpir', '0.001', '--gallery-shift')).code,
    ).toBe(0)
    const { value: shown } = await json('collections', 'show', 'staff')
    expect(shown.policy).toMatchObject({ maxFpir: 0.001, galleryShift: true })
    expect(shown.difficulty).toEqual({ faces: 0, persons: 0, pairs: 0 })
    const { stdout } = await cli('collections', 'show', 'staff')
    expect(stdout).toContain('galleryShift on')
    expect(stdout).toContain('Too few people (0) to tell how alike they are')
    const byHand = ['--threshold', '0.6', '--possible-threshold', '0.5', '--no-gallery-shift']
    const { value: changed } = await json('collections', 'update', 'staff', ...byHand)
    const rates = { maxFpir: 0.001, possibleFpir: 0.1, probeShift: 'standard', galleryShift: false }
    expect(changed.policy).toEqual({ ...rates, threshold: 0.6, possibleThreshold: 0.5 })
    const back = ['--no-threshold', '--no-possible-threshold', '--store-crops']
    const { value: restored } = await json('collections', 'update', 'staff', ...back)
    expect(restored).toMatchObject({ policy: rates, storeCrops: true })
    expect(restored.policy).not.toHaveProperty('threshold')
    expect(restored.policy).not.toHaveProperty('possibleThreshold')
    const gates = ['--quality-gate', 'minSizePx=120', '--quality-gate', 'maxYawDegrees=off']
    const { value: strict } = await json('collections', 'update', 'staff', ...gates)
    expect(strict.qualityGates).toEqual({ minSizePx: 120, maxYawDegrees: 'off' })
    expect((await cli('collections', 'show', 'staff')).stdout).toMatch(
      /quality +minSizePx 120, maxYawDegrees off\n/,
    )
    const ease = ['--quality-gate', 'minSizePx=default', '--name', 'people']
    const { value: renamed } = await json('collections', 'update', 'staff', ...ease)
    expect(renamed).toMatchObject({ name: 'people', qualityGates: { maxYawDegrees: 'off' } })
    expect(renamed.qualityGates).not.toHaveProperty('minSizePx')
    expect((await cli('collections', 'update', 'people', '--name', 'staff')).code).toBe(0)
    for (const gate of ['minSize=1', 'minSizePx', 'minSizePx=', 'minSizePx=x', 'minSizePx=-1']) {
      const refused = await cli('collections', 'update', 'staff', '--quality-gate', gate)
      expect([gate, refused.code]).toEqual([gate, 2])
    }
    expect((await cli('collections', 'update', 'default', '--name', 'x')).code).not.toBe(0)
    expect((await cli('collections', 'update', 'staff')).code).toBe(2)
    expect((await cli('collections', 'delete', 'staff')).code).toBe(2)
    expect((await cli('collections', 'delete', 'staff', '--yes')).code).toBe(0)
    expect(
      (await json('collections', 'list')).value.items.map((it: { name: string }) => it.name),
    ).toEqual(['default'])
  })
})

describe('interruption', () => {
  it('finishes the images in work at Ctrl-C, and goes on where it stopped', async () => {
    const many = join(data.path, 'many')
    for (let quality = 40; quality < 80; quality++) {
      await writeFacePhoto('dora', join(many, `${quality}.jpg`), quality)
    }
    const args = ['--data-dir', data.path, 'enroll', many, '--name', 'Dora', '--json']
    const running = startCli([...args, '--concurrency', '1'])
    await running.waitFor('Enrolling 40 images')
    await new Promise((resolve) => setTimeout(resolve, 300))
    running.child.kill('SIGINT')
    const first = await running.done
    expect(first.code).toBe(130)
    expect(first.stderr).toContain('Finishing the images in work')
    const stopped = JSON.parse(first.stdout)
    expect(stopped.interrupted).toBe(true)
    expect(stopped.remaining).toBeGreaterThan(0)
    expect(stopped.enrolled + stopped.remaining).toBe(40)

    const second = await runCli(args)
    expect(second.code).toBe(0)
    const finished = JSON.parse(second.stdout)
    expect(finished.alreadyEnrolled).toBe(stopped.enrolled)
    expect(finished.enrolled).toBe(stopped.remaining)
    const { items } = (await json('persons', 'list', '--name', 'Dora')).value
    expect(items).toHaveLength(1)
    expect(items[0].faceCount).toBe(40)
  })
})

describe('a server on the same data directory', () => {
  it('finds the person that the command line enrolls, and stops at SIGTERM', async () => {
    const server = startCli(['--data-dir', data.path, 'serve', '--port', '0'])
    const url = /Face Watcher is at (http:\S+)/.exec(await server.waitFor(/is at http:\S+\n/))?.[1]
    const ask = async () => {
      const form = new FormData()
      form.set('image', new Blob([readFileSync(probes.annAgain)]), 'a.jpg')
      const response = await fetch(`${url}/v1/collections/default/identify`, {
        method: 'POST',
        body: form,
      })
      expect(response.status).toBe(200)
      const { faces } = (await response.json()) as {
        faces: { decision: string; candidates: { personName: string }[] }[]
      }
      return faces[0]!
    }
    expect((await ask()).decision).toBe('unknown')
    expect((await cli('enroll', join(photos, 'Ann', 'one.jpg'), '--name', 'Ann B')).code).toBe(0)
    await expect.poll(async () => (await ask()).candidates[0]?.personName).toBe('Ann B')
    expect((await ask()).decision).toBe('match')

    const port = new URL(url as string).port
    const clash = await cli('serve', '--port', port)
    expect(clash.code).toBe(4)
    expect(clash.stderr).toContain('[portInUse]')

    server.child.kill('SIGTERM')
    const ended = await server.done
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain('Stopped.')
  })
})

describe('a server with an API key', () => {
  it('may listen beyond this machine and asks for the key', async () => {
    const key = 'a-key-of-more-than-twenty-characters'
    const server = startCli(
      ['--data-dir', data.path, 'serve', '--host', '0.0.0.0', '--port', '0'],
      { env: { FACE_WATCHER_HTTP_API_KEY: key } },
    )
    const started = await server.waitFor(/is at http:\S+\n/)
    const port = /is at http:\S+:(\d+)\n/.exec(started)?.[1]
    const address = `http://127.0.0.1:${port}/v1/collections`
    expect((await fetch(address)).status).toBe(401)
    const headers = { authorization: `Bearer ${key}` }
    expect((await fetch(address, { headers })).status).toBe(200)
    server.child.kill('SIGINT')
    const { code, stdout, stderr } = await server.done
    expect(code).toBe(0)
    expect(stdout + stderr).not.toContain(key)
  })
})

describe('exit codes', () => {
  const cases: readonly (readonly [args: readonly string[], code: number, text: string])[] = [
    [['nonsense'], 2, "unknown command 'nonsense'"],
    [['enroll'], 2, "missing required argument 'paths'"],
    [['identify', 'x.jpg', '--candidates', '0'], 2, 'It must be an integer from 1 to 100.'],
    [['verify', 'a.jpg'], 2, 'Give either a second image, or --person, or --face.'],
    [['config', 'print', '--config', '/no/such.yaml'], 2, '/no/such.yaml: there is no such file.'],
    [['identify', '/no/such.jpg'], 3, '/no/such.jpg: there is no such file or folder.'],
    [['detect', samplePhoto(1).replace(/sample1\.jpg$/, 'index.js')], 3, '[unsupportedImage]'],
    [['verify', samplePhoto(1), samplePhoto(2)], 3, '[multipleFaces]'],
    [['persons', 'list', '--collection', 'none'], 3, '[collectionNotFound]'],
    [['persons', 'delete', '01ARZ3NDEKTSV4RRFFQ69G5FAV'], 3, '[personNotFound]'],
    [['models', 'install', 'none'], 3, '[unknownModel]'],
    [['models', 'import', 'sface', '/no/such.onnx'], 3, '[modelImportFailed]'],
    [['collections', 'create', 'default'], 4, '[collectionExists]'],
    [['collections', 'delete', 'default'], 3, '[forbidden]'],
    [['collections', 'delete', 'default', '--yes'], 3, '[forbidden]'],
  ]
  it.each(cases)('%j exits with %i', async (args, code, text) => {
    const result = await cli(...args)
    expect(result.stderr).toContain(text)
    expect(result.code).toBe(code)
    expect(result.stderr).not.toMatch(/\n\s+at /)
  })

  it('says whose face is missing a name', async () => {
    const result = await cli('enroll', join(photos, 'Ann'))
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('--name "Ann"')
  })

  it('refuses a data directory that is a file', async () => {
    const file = join(data.path, 'file')
    writeFileSync(file, '')
    const result = await runCli(['persons', 'list', '--data-dir', join(file, 'x')])
    expect(result.stderr).toContain('[dataDirUnusable]')
    expect(result.code).toBe(4)
  })

  it('shows the stack with --verbose', async () => {
    const result = await cli('--verbose', 'persons', 'list', '--collection', 'none')
    expect(result.stderr).toMatch(/\n\s+at /)
  })
})

describe('without a gallery', () => {
  it('prints the configuration with sources, secrets masked', async () => {
    const env = { FACE_WATCHER_STORE_ENCRYPTION_KEY: 'sesame', FACE_WATCHER_HTTP_PORT: '9' }
    const { code, stdout } = await runCli(['config', 'print', '--data-dir', data.path], { env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/http\.port\s+9\s+FACE_WATCHER_HTTP_PORT/)
    expect(stdout).toMatch(/store\.encryptionKey\s+\*\*\*\s+FACE_WATCHER_STORE_ENCRYPTION_KEY/)
    expect(stdout).toMatch(/dataDir\s+\S+\s+--data-dir/)
    expect(stdout).not.toContain('sesame')
  })

  it('makes keys whose hash the configuration accepts', async () => {
    const { value } = await json('keys', 'generate')
    const env = { FACE_WATCHER_HTTP_API_KEYS: value.hash }
    expect((await runCli(['config', 'print'], { env })).code).toBe(0)
    expect(value.key).toMatch(/^fw_[\w-]{43}$/)
  })

  it('lists models and says what FaceNet misses', async () => {
    const { stdout } = await cli('models', 'list')
    expect(stdout).toMatch(/mobilefacenet \*\s+embedder\s+yes/)
    expect(stdout).toContain("FaceNet's embeddings miss")
  })

  it('verifies models', async () => {
    const { code, stdout } = await cli('models', 'verify', 'mtcnn', 'mobilefacenet')
    expect([code, stdout]).toEqual([0, 'mtcnn: ok\nmobilefacenet: ok\n'])
  })
})
