import type { FastifyRequest } from 'fastify'
import { type TArray, type TNumber, type TOptional, type TString, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { EnrollEmbedding, EnrollImage } from '../../../recognition/face-watcher.ts'
import { readUpload, type Upload } from '../../intake/images.ts'
import type { ResolvedHttpOptions } from '../../options.ts'
import { embeddingSchema, toEmbeddingProbe } from '../analysis/embedding.ts'
import { base64List, base64Schema, mostImages } from '../shared.ts'

/** Members of a JSON body with images to enrol, or with embeddings instead. */
export const enrollMembers: {
  readonly image: TOptional<TString>
  readonly images: TOptional<TArray<TString>>
  readonly embedding: TOptional<TArray<TNumber>>
  readonly embeddings: TOptional<TArray<TArray<TNumber>>>
  readonly modelId: TOptional<TString>
} = {
  image: Type.Optional(base64Schema),
  images: Type.Optional(base64List),
  embedding: Type.Optional(embeddingSchema),
  embeddings: Type.Optional(
    Type.Array(embeddingSchema, {
      maxItems: mostImages,
      description: 'Instead of images: embeddings, as many as images are allowed.',
    }),
  ),
  modelId: Type.Optional(
    Type.String({ description: 'With embeddings: the model that computed them.' }),
  ),
}

interface EmbeddingMembers {
  readonly embedding?: readonly number[]
  readonly embeddings?: readonly (readonly number[])[]
  readonly modelId?: string
}

/** What a request brings to enrol. */
export interface EnrollUpload {
  /** Everything that was sent. */
  readonly upload: Upload
  /** Images, or embeddings, in the order sent. */
  readonly images: readonly (EnrollImage | EnrollEmbedding)[]
  /** Fields of the request besides. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Reads images from a form or from JSON, or embeddings from JSON.
 *
 * @param spec `minImages`: fewest of both; `text` as in `UploadSpec`
 * @throws {FaceError} as `readUpload`; `invalidRequest` for images together with embeddings
 */
export async function readEnrollUpload(
  request: FastifyRequest,
  spec: { readonly minImages: number; readonly text?: readonly string[] },
  options: ResolvedHttpOptions,
): Promise<EnrollUpload> {
  const upload = await readUpload(
    request,
    {
      ...spec,
      fields: ['image', 'images'],
      instead: ['embedding', 'embeddings'],
      maxImages: options.maxImages,
    },
    options,
  )
  if (request.isMultipart()) return { upload, images: upload.images, fields: upload.fields }
  const { embedding, embeddings, modelId, ...fields } = upload.fields as EmbeddingMembers
  const given = [
    ...(embedding === undefined ? [] : [{ fileName: 'embedding', embedding }]),
    ...(embeddings ?? []).map((item, i) => ({ fileName: `embeddings[${i}]`, embedding: item })),
  ]
  if (given.length === 0) return { upload, images: upload.images, fields }
  if (upload.images.length > 0) {
    throw new FaceError('invalidRequest', { detail: 'Send images or embeddings, not both.' })
  }
  if (given.length > options.maxImages) {
    throw new FaceError('tooManyImages', {
      detail: `At most ${options.maxImages} embeddings are allowed.`,
      info: { maxImages: options.maxImages },
    })
  }
  const images = given.map(({ fileName, embedding: values }) => ({
    fileName,
    ...toEmbeddingProbe(values, modelId),
  }))
  return { upload, images, fields }
}
