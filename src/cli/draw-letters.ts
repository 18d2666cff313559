import sharp from 'sharp'

/** What labels hold that no font of this machine can draw. */
export interface MissingLetters {
  /** Not even Latin letters come out, as in many small containers. */
  readonly hasNoFonts: boolean
  /** Each once. */
  readonly letters: readonly string[]
}

/** What can be written into an image. */
export interface Lettering {
  readonly missing: MissingLetters
  canDraw(label: string): boolean
}

/** What a person should know, as a line; undefined when nothing is missing. */
export function describeMissing({ hasNoFonts, letters }: MissingLetters): string | undefined {
  if (hasNoFonts) return 'No fonts are installed: faces are numbered, not named.'
  if (letters.length === 0) return undefined
  return `No installed font has ${letters.join(' ')}: faces with such names are numbered, not named. Install a font of that script, for instance a Noto font.`
}

/** Letters that are looked at in labels; of longer ones the first. */
const maxLetters = 200

/** Looks at how labels come out with the fonts of this machine. */
export async function examineLetters(labels: readonly string[]): Promise<Lettering> {
  if (!(await hasFonts())) {
    return { missing: { hasNoFonts: true, letters: [] }, canDraw: () => false }
  }
  const letters = [...new Set(labels.flatMap(toLetters))].slice(0, maxLetters)
  const placeholders = createPlaceholders()
  const checked = await Promise.all(
    letters.map(async (letter) => ((await placeholders.isDrawnFor(letter)) ? [letter] : [])),
  )
  const missing = new Set(checked.flat())
  return {
    missing: { hasNoFonts: false, letters: [...missing] },
    canDraw: (label) => !toLetters(label).some((letter) => missing.has(letter)),
  }
}

/** Code points whose glyph a font may lack: neither ASCII nor what only changes its neighbours. */
function toLetters(label: string): readonly string[] {
  return [...label].filter((letter) =>
    /[^\p{ASCII}\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Emoji_Modifier}]/u.test(letter),
  )
}

async function hasFonts(): Promise<boolean> {
  const [a, b] = await Promise.all([render('I'), render('W')])
  return !a.pixels.equals(b.pixels)
}

interface Glyph {
  /** One byte of opacity a pixel, {@link canvas} in each row. */
  readonly pixels: Buffer
  /** Of the ink, pixels; undefined when there is none. */
  readonly frame: Frame | undefined
}

interface Frame {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Width and height of a rendered letter, pixels. */
const canvas = 96

async function render(letter: string): Promise<Glyph> {
  const escaped = `&#x${(letter.codePointAt(0) ?? 0).toString(16)};`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas}" height="${canvas}"><text x="16" y="64" font-size="40" font-family="sans-serif">${escaped}</text></svg>`
  const pixels = await sharp(Buffer.from(svg)).extractChannel(3).raw().toBuffer()
  return { pixels, frame: toFrame(pixels) }
}

function toFrame(pixels: Buffer): Frame | undefined {
  let [left, top, right, bottom] = [canvas, canvas, -1, -1]
  for (const [at, opacity] of pixels.entries()) {
    if (opacity === 0) continue
    const [x, y] = [at % canvas, Math.floor(at / canvas)]
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = Math.max(bottom, y)
  }
  return right < 0 ? undefined : { left, top, right, bottom }
}

/** Code points that no font has, because nothing is assigned to them: of the first plane and behind. */
const unassigned = { basic: '\u0378', beyond: '\u{3FFF0}' }

/**
 * Tells a letter from what is drawn in the place of one that no font has: a frame with the letter's
 * number in it. Its inside differs from letter to letter, its edges do not.
 */
function createPlaceholders(): { isDrawnFor(letter: string): Promise<boolean> } {
  const basic = render(unassigned.basic)
  const beyond = render(unassigned.beyond)
  return {
    async isDrawnFor(letter) {
      const placeholder = await ((letter.codePointAt(0) ?? 0) > 0xffff ? beyond : basic)
      return haveSameEdges(await render(letter), placeholder)
    },
  }
}

function haveSameEdges(one: Glyph, other: Glyph): boolean {
  const { frame } = one
  if (frame === undefined || other.frame === undefined) return frame === other.frame
  const { left, top, right, bottom } = frame
  const isSameFrame =
    left === other.frame.left &&
    top === other.frame.top &&
    right === other.frame.right &&
    bottom === other.frame.bottom
  if (!isSameFrame) return false
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const isEdge = x === left || x === right || y === top || y === bottom
      const at = y * canvas + x
      if (isEdge && one.pixels[at] !== other.pixels[at]) return false
    }
  }
  return true
}
