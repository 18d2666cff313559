import type { Dice } from './dice.ts'
import type { HostileImages } from './images.ts'

export interface Body {
  readonly type: string
  readonly bytes: Buffer
}

const names = [
  ...['name', 'metadata', 'image', 'images', 'imageA', 'imageB', 'embedding', 'refImage'],
  ...['policy', 'maxFpir', 'threshold', 'modelId', 'storeCrops', 'limit', 'personId'],
  ...['__proto__', 'constructor', 'toString', '', 'x'.repeat(3000)],
]

/** Draws a JSON value of any shape: deep, wide, long, or an ordinary one. */
function drawValue(dice: Dice, depth = 0): unknown {
  const leaf = [
    () => null,
    () => dice.below(2) === 1,
    () => dice.below(1e9) - 5e8,
    () => dice.pick([1e308, -0, 1.5, 5e-324, Number.MAX_SAFE_INTEGER]),
    () => dice.text(40),
    () => 'x'.repeat(dice.below(20_000)),
  ]
  const nested = [
    () => Array.from({ length: dice.below(6) }, () => drawValue(dice, depth + 1)),
    () => drawObject(dice, depth + 1),
  ]
  return dice.pick(depth > 4 ? leaf : [...leaf, ...nested])()
}

function drawObject(dice: Dice, depth: number): Readonly<Record<string, unknown>> {
  const entries = Array.from({ length: dice.below(6) }, () => [
    dice.below(3) === 0 ? dice.text(12) : dice.pick(names),
    drawValue(dice, depth),
  ])
  return Object.fromEntries(entries)
}

/** Draws a JSON body; a third of them have the members that a route reads. */
export function drawJson(dice: Dice, images: HostileImages): Body {
  const image = () => images.draw(dice).toString('base64')
  const text = dice.pick([
    () => JSON.stringify(drawValue(dice)),
    () => JSON.stringify(drawObject(dice, 0)),
    () => JSON.stringify({ name: dice.text(60), metadata: drawObject(dice, 0) }),
    () => JSON.stringify({ name: 'big', metadata: { text: 'y'.repeat(dice.below(17_000)) } }),
    () => JSON.stringify({ image: image(), [dice.pick(names)]: drawValue(dice) }),
    () => JSON.stringify({ imageA: image(), imageB: image() }),
    () => JSON.stringify({ name: dice.text(20), images: [image(), drawValue(dice)] }),
    () => JSON.stringify({ name: dice.text(10).toLowerCase(), policy: drawObject(dice, 0) }),
    () =>
      JSON.stringify({
        embedding: Array.from({ length: dice.pick([0, 1, 512, 9000]) }, () => 0.1),
      }),
    () => `{"metadata":${'{"a":'.repeat(dice.below(4000))}1`,
    () => '['.repeat(dice.below(100_000)),
    () => `[${'1,'.repeat(dice.below(200_000))}1]`,
    () => JSON.stringify(drawObject(dice, 0)).slice(0, -1 - dice.below(20)),
    () => dice.text(200),
    () => '',
  ])()
  return { type: 'application/json', bytes: Buffer.from(text) }
}

/** Draws a form: fields and files in any order, heads and ends broken now and then. */
export function drawForm(dice: Dice, images: HostileImages): Body {
  const boundary = `b${dice.below(1e9)}`
  const chunks: Buffer[] = []
  for (let parts = dice.below(5); parts >= 0; parts--) {
    const name = dice.below(4) === 0 ? dice.text(20) : dice.pick(names.slice(0, 8))
    const head = dice.pick([
      () => `Content-Disposition: form-data; name="${name}"; filename="${dice.text(30)}"`,
      () => `Content-Disposition: form-data; name="${name}"; filename="a.jpg"`,
      () => `Content-Disposition: form-data; name="image"; filename="a.jpg"`,
      () => `Content-Disposition: form-data; name="${name}"`,
      () => `Content-Disposition: attachment; name="${name}"`,
      () => `X-${dice.text(20)}: ${dice.text(20)}`,
    ])()
    const content = dice.pick([
      () => images.draw(dice),
      () => Buffer.from(dice.text(100)),
      () => Buffer.from(JSON.stringify(drawValue(dice))),
      () => Buffer.alloc(dice.below(200_000), 'z'),
    ])()
    chunks.push(Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n'))
  }
  if (dice.below(6) > 0) chunks.push(Buffer.from(`--${boundary}--\r\n`))
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(chunks) }
}
