import { Type } from 'typebox'
import type * as policy from '../../../core/policy.ts'
import type * as core from '../../../core/types.ts'
import { undeterminedReasons } from '../../../core/types.ts'
import type * as bodies from '../../../recognition/bodies.ts'
import type * as useCases from '../../../recognition/face-watcher.ts'
import { type Component, component, number, ref } from '../component.ts'
import { metadataSchema } from '../persons/fields.ts'

export const Box: Component<core.Box> = component<core.Box>('Box').of(
  Type.Object(
    { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() },
    {
      description:
        'Pixels of the image after its EXIF orientation; may reach beyond the edges of the image.',
    },
  ),
)

export const Landmarks: Component<core.Landmarks5> = component<core.Landmarks5>('Landmarks').of(
  Type.Array(Type.Object({ x: Type.Number(), y: Type.Number() }), {
    minItems: 5,
    maxItems: 5,
    description:
      'Image-left eye, image-right eye, nose tip, image-left mouth corner, image-right mouth corner.',
  }),
)

export const Quality: Component<core.Quality> = component<core.Quality>('Quality').of(
  Type.Object(
    {
      sizePx: Type.Number({ description: 'The shorter side of the box, pixels.' }),
      sharpness: Type.Number({ description: 'Variance of the Laplacian; higher is sharper.' }),
      brightness: number('Mean luma, 0 to 1.'),
      pose: Type.Object(
        { yaw: Type.Number(), pitch: Type.Number(), roll: Type.Number() },
        {
          description: 'Degrees; positive yaw to image right, pitch down, roll clockwise.',
        },
      ),
      confidence: number("The detector's probability that this is a face, 0 to 1."),
    },
    { description: 'How usable the face is for recognition.' },
  ),
)

const rateIsBound =
  'Beyond what was counted: `fmr` is the smallest rate that was, and the true one is lower.'

const detected = {
  box: ref(Box),
  landmarks: ref(Landmarks),
  confidence: number("The detector's probability that this is a face, 0 to 1."),
  quality: ref(Quality),
}

export const DetectedFace: Component<bodies.DetectedFaceBody> = component<bodies.DetectedFaceBody>(
  'DetectedFace',
).of(Type.Object(detected, { description: 'A face found in an image.' }))

/** Facts about an image that an answer has besides the faces. */
const imageFacts = {
  width: Type.Integer({ description: 'Of the image after its EXIF orientation, pixels.' }),
  height: Type.Integer(),
  turned: Type.Enum([0, 90, 180, 270], {
    type: 'integer',
    description:
      'Degrees clockwise by which the image was turned to be read, because it lay on its side or head. Boxes are in the image as it was sent.',
  }),
  omittedFaces: Type.Integer({
    description: 'Faces found beyond `maxFaces`, the smallest, which are not answered.',
  }),
}

export const DetectResult: Component<bodies.DetectBody> = component<bodies.DetectBody>(
  'DetectResult',
).of(
  Type.Object(
    {
      ...imageFacts,
      faces: Type.Array(ref(DetectedFace), { description: 'Largest first; may be empty.' }),
    },
    { description: 'All faces of an image.' },
  ),
)

export const EmbedResult: Component<bodies.EmbedBody> = component<bodies.EmbedBody>(
  'EmbedResult',
).of(
  Type.Object(
    {
      ...imageFacts,
      modelId: Type.String({ examples: ['mobilefacenet'] }),
      dimension: Type.Integer({ examples: [512] }),
      faces: Type.Array(
        Type.Object({
          ...detected,
          reasons: reasonsSchema('Why the embedding cannot be compared; empty when it can.'),
          embedding: Type.Array(Type.Number(), { description: 'L2-normalised.' }),
        }),
        { description: 'Largest first; may be empty.' },
      ),
    },
    { description: 'All faces of an image with their embeddings.' },
  ),
)

function reasonsSchema(description: string) {
  return Type.Array(Type.Enum([...undeterminedReasons], { type: 'string' }), { description })
}

export const DecisionThresholds: Component<useCases.DecisionThresholds> =
  component<useCases.DecisionThresholds>('DecisionThresholds').of(
    Type.Object({
      match: number('`similarity >= match` is a match.'),
      possible: number('`similarity >= possible` is possible.'),
      basis: Type.Enum(['fmrCurve', 'manual'], { type: 'string' }),
      fmr: Type.Optional(number('False match rate of one comparison at `match`.')),
      extrapolated: Type.Boolean({
        description: "Whether the rate lies beyond what the model's measured curve supports.",
      }),
      gallerySize: Type.Integer({ description: 'Faces the search goes through.' }),
    }),
  )

export const ProbeThresholds: Component<policy.ProbeThresholds> = component<policy.ProbeThresholds>(
  'ProbeThresholds',
).of(
  Type.Object(
    {
      match: number('`similarity >= match` is a match.'),
      possible: number('`similarity >= possible` is possible.'),
      shift: number(
        'How much more alike strangers are for this face than the model expects, a difference of similarities; thresholds that were not set by hand are higher by it.',
      ),
    },
    { description: 'The thresholds that decided about one face.' },
  ),
)

export const Candidate: Component<useCases.Candidate> = component<useCases.Candidate>(
  'Candidate',
).of(
  Type.Object(
    {
      personId: Type.String(),
      personName: Type.String(),
      metadata: metadataSchema,
      faceId: Type.String({ description: "The person's face nearest to the probe." }),
      similarity: Type.Number({ description: 'Cosine, -1 to 1; higher is closer.' }),
      fmr: Type.Optional(
        number('Expected false match rate of one comparison at this similarity, less the shift.'),
      ),
      fmrExtrapolated: Type.Optional(Type.Boolean({ description: rateIsBound })),
    },
    { description: 'A person that a face resembles.' },
  ),
)

const suppression = {
  rejectionId: Type.String({ description: 'The rejection that holds.' }),
  similarity: number('Cosine to the rejected face.'),
}

export const IdentifiedFace: Component<bodies.IdentifiedFaceBody> =
  component<bodies.IdentifiedFaceBody>('IdentifiedFace').of(
    Type.Object({
      box: Type.Optional(detected.box),
      landmarks: Type.Optional(detected.landmarks),
      confidence: Type.Optional(detected.confidence),
      quality: Type.Optional(detected.quality),
      decision: Type.Enum(['match', 'possible', 'unknown', 'undetermined'], {
        type: 'string',
        description:
          '`undetermined`: this face cannot be compared, see `reasons`; its candidates are no answer.',
      }),
      reasons: reasonsSchema('Why the face cannot be compared; empty when it can.'),
      thresholds: ref(ProbeThresholds),
      candidates: Type.Array(ref(Candidate), { description: 'Ranked; empty in an empty gallery.' }),
      suppressed: Type.Optional(
        Type.Array(Type.Object({ personId: Type.String(), ...suppression }), {
          description:
            'Persons who would be among the candidates, had nobody said of a face that it is not them; absent when there are none.',
        }),
      ),
      sightingId: Type.Optional(
        Type.String({
          description:
            'The sighting that an `unknown` face becomes where the collection keeps those (`keepUnknown`). Its stranger is known a moment later, from `/v1/collections/{collection}/sightings/{sighting}`. Absent also when so many come at once that it is not kept.',
        }),
      ),
    }),
  )

/** A photograph that lay on its side: Ann, and somebody behind her whom nothing can be said of. */
const identifyExample = {
  width: 1280,
  height: 960,
  turned: 90,
  omittedFaces: 0,
  collection: 'default',
  modelId: 'mobilefacenet',
  thresholds: {
    match: 0.476,
    possible: 0.405,
    basis: 'fmrCurve',
    fmr: 1e-5,
    extrapolated: false,
    gallerySize: 1000,
  },
  faces: [
    {
      box: { x: 412, y: 180, width: 260, height: 214 },
      decision: 'match',
      reasons: [],
      candidates: [
        {
          personId: '01JZX4T5Q8M2W6H9RBKC3VDNEA',
          personName: 'Ann',
          metadata: {},
          faceId: '01JZX4T5QC7F0Y1S8GPD5XJ4MT',
          similarity: 0.53,
          fmr: 2.4e-6,
          fmrExtrapolated: false,
        },
      ],
    },
    {
      box: { x: 903, y: 411, width: 31, height: 28 },
      decision: 'undetermined',
      reasons: ['cutOff', 'tooBlurred'],
      candidates: [
        {
          personId: '01JZX4W0V3N8K5T2JQH6MBRCYD',
          personName: 'Ben',
          metadata: {},
          faceId: '01JZX4W0V7E9Z3A6PSG1FK4XND',
          similarity: 0.21,
          fmr: 0.03,
          fmrExtrapolated: false,
        },
      ],
    },
  ],
}

export const IdentifyResult: Component<bodies.IdentifyBody> = component<bodies.IdentifyBody>(
  'IdentifyResult',
).of(
  Type.Object(
    {
      width: Type.Optional(imageFacts.width),
      height: Type.Optional(imageFacts.height),
      turned: Type.Optional(imageFacts.turned),
      omittedFaces: Type.Optional(imageFacts.omittedFaces),
      collection: Type.String(),
      modelId: Type.String(),
      thresholds: ref(DecisionThresholds),
      faces: Type.Array(ref(IdentifiedFace), { description: 'Largest first; may be empty.' }),
    },
    {
      description: 'Sizes, boxes and quality are absent when the probe was an embedding.',
      examples: [identifyExample],
    },
  ),
)

const verifyExample = {
  modelId: 'mobilefacenet',
  match: false,
  decision: 'undetermined',
  reasons: { probe: [], reference: ['occluded'] },
  similarity: 0.512,
  threshold: 0.398,
}

export const VerifyResult: Component<bodies.VerifyBody> = component<bodies.VerifyBody>(
  'VerifyResult',
).of(
  Type.Object(
    {
      modelId: Type.String(),
      match: Type.Boolean({ description: 'The decision is `match`.' }),
      decision: Type.Enum(['match', 'noMatch', 'undetermined'], {
        type: 'string',
        description:
          '`match`: `similarity >= threshold`; `undetermined`: a face cannot be compared, see `reasons`.',
      }),
      reasons: Type.Object(
        {
          probe: reasonsSchema('Of the (first) image.'),
          reference: reasonsSchema('Of the second image; empty for stored faces.'),
        },
        { description: 'Why a face cannot be compared.' },
      ),
      similarity: Type.Number(),
      threshold: Type.Number(),
      fmr: Type.Optional(number('Expected false match rate at this similarity.')),
      fmrExtrapolated: Type.Optional(Type.Boolean({ description: rateIsBound })),
      faceId: Type.Optional(Type.String({ description: 'The stored face nearest to the image.' })),
      rejection: Type.Optional(
        Type.Object(suppression, {
          description:
            'Why it is no match: somebody said of a face that it is not this person, and the image lies nearer to that one than to the faces of the person.',
        }),
      ),
    },
    { description: 'A comparison of two faces.', examples: [verifyExample] },
  ),
)
