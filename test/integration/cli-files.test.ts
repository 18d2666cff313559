import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drawFaces } from '../../src/cli/draw.ts'
import { describeMissing, examineLetters } from '../../src/cli/draw-letters.ts'
import { assertImages, listImageFiles, toLeftOutLines } from '../../src/cli/image-files.ts'
import { loadImageFile } from '../../src/cli/load-image.ts'
import { assertOutputs, isSameFile, writeOutput } from '../../src/cli/output-files.ts'
import { computeImageHash } from '../../src/recognition/image-hash.ts'
import { decodeImage } from '../../src/vision/pipeline/image.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'face-watcher-files-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Makes a file with its folders. */
function put(path: string, content: string | Uint8Array = 'x'): string {
  const file = join(dir, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
  return file
}

const list = (...paths: string[]) =>
  listImageFiles(paths.length > 0 ? paths : [dir]).files.map(({ path, folder }) => [
    path.slice(dir.length + 1),
    folder,
  ])

/** Root may read everything. */
function asOrdinaryUser(check: () => void): void {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    check()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('the images of a folder', () => {
  it('leave out what systems put there', () => {
    put('Ann/1.jpg')
    for (const folder of [
      ...[
        '@eaDir',
        '#recycle',
        '__MACOSX',
        '$RECYCLE.BIN',
        'lost+found',
        '.git',
        '.Spotlight-V100',
      ],
      ...['Ann/@eaDir/1.jpg', 'System Volume Information', '@Recycle'],
    ]) {
      put(`${folder}/thumb.jpg`)
    }
    expect(list()).toEqual([['Ann/1.jpg', 'Ann']])
  })

  it('follow a link to a folder once, wherever it leads', () => {
    put('photos/Zed/1.jpg')
    const elsewhere = put('elsewhere/2.jpg')
    symlinkSync(join(dir, 'photos/Zed'), join(dir, 'photos/Alias'))
    symlinkSync(join(dir, 'photos'), join(dir, 'photos/Zed/up'))
    symlinkSync(join(elsewhere, '..'), join(dir, 'photos/Bea'))
    symlinkSync(join(dir, 'nowhere'), join(dir, 'photos/gone'))
    expect(list(join(dir, 'photos'))).toEqual([
      ['photos/Bea/2.jpg', 'Bea'],
      ['photos/Zed/1.jpg', 'Zed'],
    ])
    const { skipped } = listImageFiles([join(dir, 'photos')])
    expect(skipped.map(({ path }) => path.slice(dir.length))).toEqual([
      '/photos/Alias',
      '/photos/Zed/up',
    ])
  })

  it('come in the order of their names', () => {
    for (const path of ['b/1.jpg', 'a.jpg', 'a b/1.jpg', 'a/2.jpg', 'a/10.jpg']) put(path)
    expect(list().map(([path]) => path)).toEqual([
      ...['a/10.jpg', 'a/2.jpg', 'a b/1.jpg', 'a.jpg', 'b/1.jpg'],
    ])
  })

  it('skip a folder that may not be read, and say so', () => {
    put('Ann/1.jpg')
    put('Bea/1.jpg')
    chmodSync(dir, 0o755)
    chmodSync(join(dir, 'Bea'), 0)
    asOrdinaryUser(() => {
      expect(list()).toEqual([['Ann/1.jpg', 'Ann']])
      expect(toLeftOutLines(listImageFiles([dir]))[0]).toContain('Bea: permission denied.')
    })
    chmodSync(join(dir, 'Bea'), 0o700)
  })

  it.skipIf(process.platform !== 'linux')('skip a folder whose name is not UTF-8', () => {
    put('Ann/1.jpg')
    const name = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0x41, 0xff])])
    mkdirSync(name)
    expect(list()).toEqual([['Ann/1.jpg', 'Ann']])
    expect(toLeftOutLines(listImageFiles([dir]))[0]).toContain('its name is not UTF-8')
  })

  it('name the format where none is supported', () => {
    put('a.BMP')
    put('b.bmp')
    put('c.txt')
    const found = listImageFiles([dir])
    expect(() => assertImages(found, ['photos'])).toThrow(
      'photos: 2 BMP files, a format that is not supported. Supported are JPEG, PNG, WebP, AVIF, GIF and TIFF.',
    )
    put('d.jpg')
    expect(toLeftOutLines(listImageFiles([dir]))).toEqual([
      'Left out, the format is not supported: 2 BMP files.',
    ])
    expect(() => assertImages({ ...found, unsupported: new Map() }, ['photos'])).toThrow(
      'There are no images in photos (3 other files).',
    )
  })
})

describe('a file to read', () => {
  const linux = process.platform === 'linux'

  it.skipIf(!linux)('must be a file, and nothing else is opened', async () => {
    execFileSync('mkfifo', [join(dir, 'pipe.jpg')])
    symlinkSync('/dev/zero', join(dir, 'endless.jpg'))
    mkdirSync(join(dir, 'folder'))
    const reasons = { 'pipe.jpg': 'a pipe', 'endless.jpg': 'a device', folder: 'a folder' }
    for (const [name, reason] of Object.entries(reasons)) {
      await expect(loadImageFile(join(dir, name), 1000)).rejects.toThrow(`it is ${reason}`)
    }
    expect(list().map(([path]) => path)).toEqual(['endless.jpg', 'pipe.jpg'])
  })

  it.skipIf(!linux)('is read to the limit, whatever size it tells', async () => {
    await expect(loadImageFile('/proc/self/maps', 100)).rejects.toThrow('at most 100')
    const { bytes } = await loadImageFile('/proc/self/stat', 1_000_000)
    expect(bytes.length).toBeGreaterThan(10)
  })

  it('is read as it is', async () => {
    const { fileName, bytes } = await loadImageFile(put('a.jpg', 'abc'), 3)
    expect([fileName, Buffer.from(bytes).toString(), bytes.buffer.byteLength]).toEqual([
      'a.jpg',
      'abc',
      3,
    ])
    expect(await computeImageHash(bytes)).toMatch(/^ba7816bf/)
    expect((await loadImageFile(put('empty.jpg', ''), 3)).bytes.length).toBe(0)
    await expect(loadImageFile(put('b.jpg', 'abcd'), 3)).rejects.toThrow('4 bytes, at most 3')
  })
})

describe('a file to write', () => {
  it('is never one that is read, by whatever path', () => {
    const input = put('a.jpg')
    symlinkSync(input, join(dir, 'symbolic.jpg'))
    linkSync(input, join(dir, 'hard.jpg'))
    symlinkSync(dir, join(dir, 'same'))
    for (const name of ['a.jpg', './a.jpg', 'symbolic.jpg', 'hard.jpg', 'same/a.jpg']) {
      for (const force of [false, true]) {
        const guard = { flag: '--draw', force, inputs: [input] }
        expect(() => assertOutputs([join(dir, name)], guard)).toThrow('is read by the command')
      }
    }
    expect(isSameFile(input, join(dir, 'hard.jpg'))).toBe(true)
    expect(isSameFile(input, join(dir, 'none'))).toBe(false)
  })

  it('replaces what is there only when told so, as a whole', async () => {
    const path = put('out.json', 'mine')
    symlinkSync(join(dir, 'nowhere'), join(dir, 'link.json'))
    const careful = { flag: '--out', force: false, inputs: [] }
    expect(() => assertOutputs([path], careful)).toThrow('it is there already; --force replaces it')
    expect(() => assertOutputs([join(dir, 'link.json')], careful)).toThrow('it is there already')
    await expect(writeOutput(path, 'new', careful)).rejects.toThrow('it is there already')
    expect(readFileSync(path, 'utf8')).toBe('mine')
    const told = { ...careful, force: true }
    assertOutputs([path], told)
    await writeOutput(path, 'new', told)
    await writeOutput(join(dir, 'other.json'), 'other', careful)
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(dir).toSorted()).toEqual(['link.json', 'other.json', 'out.json'])
  })

  it('says why it cannot be written', async () => {
    const guard = { flag: '--draw', force: false }
    await expect(writeOutput(join(put('file'), 'a.jpg'), 'x', guard)).rejects.toThrow(
      'part of the path is not a folder',
    )
    expect(existsSync(join(dir, 'file', 'a.jpg'))).toBe(false)
  })
})

describe('a marked image', () => {
  const limits = { maxImageBytes: 1e7, maxPixels: 1e7, maxSidePx: 10_000 }
  const draw = async (image: Uint8Array, format = '.png') => {
    const { file } = await drawFaces(image, [], { format, limits })
    return sharp(file).raw().toBuffer({ resolveWithObject: true })
  }
  const solid = { width: 40, height: 20, channels: 3 as const, background: '#336699' }

  it('is decoded as the image is read: a JPEG with a decoder warning is drawn', async () => {
    const jpeg = await sharp({ create: solid }).jpeg().toBuffer()
    // Before the second segment: a decoder passes over them and warns.
    const second = 4 + jpeg.readUInt16BE(4)
    const warned = Buffer.concat([
      jpeg.subarray(0, second),
      Buffer.alloc(7, 65),
      jpeg.subarray(second),
    ])
    await expect(sharp(warned, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow()
    await decodeImage(warned, limits)
    const { info } = await draw(warned, '.JPG')
    expect([info.width, info.height]).toEqual([40, 20])
  })

  it('numbers a face whose name has letters that no font has, and says which', async () => {
    // Nothing is assigned to the first two. Of a family only the people are letters.
    const labels = ['\u0379\u{3FFF1} 0.70', 'Ann 0.70', 'Zoe\u0308\u200D\u202E']
    const { missing, canDraw } = await examineLetters(labels)
    if (missing.hasNoFonts) {
      expect(labels.map(canDraw)).toEqual([false, false, false])
      expect(describeMissing(missing)).toContain('No fonts are installed')
      return
    }
    expect(missing.letters).toEqual(['\u0379', '\u{3FFF1}'])
    expect(labels.map(canDraw)).toEqual([false, true, true])
    expect(describeMissing(missing)).toMatch(/^No installed font has \u0379 \u{3FFF1}: faces/u)
    expect(describeMissing({ ...missing, letters: [] })).toBeUndefined()
    const face = { box: { x: 2, y: 2, width: 10, height: 10 }, decision: 'match' } as const
    const image = await sharp({ create: solid }).png().toBuffer()
    const drawn = await drawFaces(image, [{ ...face, label: labels[0]! }], {
      ...{ format: '.png', limits },
    })
    expect(drawn.missing.letters).toEqual(missing.letters)
  })

  it('is white where the image is transparent, and upright', async () => {
    const clear = { ...solid, channels: 4 as const, background: '#00000000' }
    const { data } = await draw(await sharp({ create: clear }).png().toBuffer())
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255])
    const { info } = await draw(
      await sharp({ create: solid }).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    )
    expect([info.width, info.height]).toEqual([20, 40])
  })
})
