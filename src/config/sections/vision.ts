import { Type } from 'typebox'
import { section } from './section.ts'

/** What an image may have. */
export const limits = Type.Object(
  {
    maxImageBytes: Type.Integer({
      minimum: 1024,
      default: 20 * 1024 * 1024,
      description: 'Largest image file, bytes.',
    }),
    maxPixels: Type.Integer({
      minimum: 10_000,
      default: 100_000_000,
      description:
        'Most pixels an image may have; checked before any are decoded. One of 108 megapixels, as some phones make, takes 1.04 GB: raise `limits.maxImageMemoryBytes` with it.',
    }),
    maxSidePx: Type.Integer({
      minimum: 100,
      maximum: 65_535,
      default: 20_000,
      description: 'Longest side an image may have, pixels.',
    }),
    maxImageMemoryBytes: Type.Integer({
      minimum: 100_000_000,
      default: 1_000_000_000,
      description:
        'Memory that the images being analysed may take together, bytes; how much one needs follows from its pixels, its format and `minFaceSize`. One that does not fit beside the others waits, one that never fits is refused.',
    }),
    imageTimeoutMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      default: 300_000,
      description:
        'How long a worker may take for an image, milliseconds. The two minutes are included for which an image may wait for memory. Beyond it the answer is 422 `imageTimeout`, and the worker is replaced.',
    }),
  },
  section,
)

/** Which models are used. */
export const models = Type.Object(
  {
    embedder: Type.String({
      minLength: 1,
      default: 'mobilefacenet',
      description:
        'Model of new collections; `face-watcher models list` shows the choice. Existing collections keep theirs.',
    }),
    detector: Type.String({
      minLength: 1,
      default: 'mtcnn',
      description: 'Model that finds faces; there is one, `mtcnn`.',
    }),
  },
  section,
)

/** How faces are looked for. */
export const detector = Type.Object(
  {
    minFaceSize: Type.Integer({
      minimum: 12,
      default: 40,
      description: 'Shorter side of the smallest face looked for, image pixels. Smaller is slower.',
    }),
    maxFaces: Type.Integer({
      minimum: 1,
      default: 100,
      description: 'Faces kept of one image, the largest first.',
    }),
    thresholds: Type.Tuple(
      [
        Type.Number({ minimum: 0, maximum: 1 }),
        Type.Number({ minimum: 0, maximum: 1 }),
        Type.Number({ minimum: 0, maximum: 1 }),
      ],
      { default: [0.6, 0.7, 0.7], description: "Thresholds of MTCNN's three stages." },
    ),
    readTurned: Type.Boolean({
      default: true,
      description:
        'Whether an image without a sure face is also read on its sides and its head. Pictures of a camera that stands upright need no such reading.',
    }),
  },
  section,
)

/** Workers that analyse images. */
export const analyzer = Type.Object(
  {
    workers: Type.Union([Type.Integer({ minimum: 1, maximum: 256 }), Type.Literal('auto')], {
      default: 'auto',
      description: 'Worker threads that analyse images; `auto` is one for each core.',
    }),
    maxQueue: Type.Integer({
      minimum: 1,
      default: 256,
      description: 'Images that may wait for a worker; beyond that the answer is 503 `overloaded`.',
    }),
  },
  section,
)
