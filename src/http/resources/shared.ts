import {
  type TArray,
  type TInteger,
  type TObject,
  type TOptional,
  type TString,
  type TUnsafe,
  Type,
} from 'typebox'
import type { Page } from '../../storage/ports/pages.ts'
import { maxFormFiles, photographFields } from '../intake/photographs.ts'
import type { MultipartForm } from '../types.ts'
import { type Component, ref } from './component.ts'

const binary = { type: 'string', contentMediaType: 'application/octet-stream', format: 'binary' }

export const base64Description =
  'Base64 (RFC 4648 section 4, with padding) of an image file; the prefix of a `data:` URL is allowed.'

export const base64Schema: TString = Type.String({ description: base64Description })

/** The most that `http.maxImages` of the configuration may allow. */
export const mostImages = 1000

export const base64List: TArray<TString> = Type.Array(base64Schema, {
  maxItems: mostImages,
  description: '`http.maxImages` of the configuration are allowed, 20 by default.',
})

/** A form with one file in each of `fields`. */
export function createForm(fields: readonly string[]): MultipartForm {
  const properties = Object.fromEntries(fields.map((name) => [name, binary]))
  return { fields, schema: { type: 'object', properties, required: fields } }
}

/**
 * A form with files and text fields of which only some have to be there.
 *
 * @param ways  the fields that make it complete; those of one way are enough
 */
export function createFormOfWays(
  fields: readonly string[],
  extra: Readonly<Record<string, unknown>>,
  ways: readonly (readonly string[])[],
): MultipartForm {
  const properties = { ...Object.fromEntries(fields.map((name) => [name, binary])), ...extra }
  return { fields, schema: { type: 'object', properties, anyOf: toAlternatives(ways) } }
}

function toAlternatives(ways: readonly (readonly string[])[]) {
  return ways.map((required) => ({ required }))
}

/** A form with one or more files in the field `image`, or `images`. */
export function createManyForm(): MultipartForm {
  const anyOf = toAlternatives(imageFields.map((name) => [name]))
  return { fields: imageFields, schema: { type: 'object', properties: manyFiles, anyOf } }
}

/** A form with the given text fields and any number of files in the field `image`, or `images`. */
export function createFormWithImages(
  extra: Readonly<Record<string, unknown>>,
  required: readonly string[],
): MultipartForm {
  const properties = { ...manyFiles, ...extra }
  return { fields: imageFields, schema: { type: 'object', properties, required } }
}

const imageFields: readonly string[] = ['image', 'images']
const manyFiles = Object.fromEntries(
  imageFields.map((name) => [
    name,
    { type: 'array', items: binary, minItems: 1, maxItems: mostImages },
  ]),
)

/** A form with an archive of photographs, or with photographs and a table of whose they are. */
export function createPhotographForm(): MultipartForm {
  const { archive, photographs, table } = photographFields
  const properties = {
    [archive]: binary,
    [photographs]: { type: 'array', items: binary, minItems: 1, maxItems: maxFormFiles },
    [table]: binary,
  }
  const anyOf = toAlternatives([[archive], [photographs]])
  return { fields: [archive, photographs], schema: { type: 'object', properties, anyOf } }
}

/** The JSON side of a body that may also be a form; the form is read by `readUpload`. */
export function jsonBody<S extends TObject>(
  schema: S,
): { readonly content: { readonly 'application/json': { readonly schema: S } } } {
  return { content: { 'application/json': { schema } } }
}

export const collectionParams: TObject<{ collection: TString }> = Type.Object({
  collection: Type.String({ description: 'Name of the collection.', examples: ['default'] }),
})

export const personParams: TObject<{ collection: TString; person: TString }> = Type.Object({
  ...collectionParams.properties,
  person: Type.String({ description: 'Id of the person.' }),
})

export const faceParams: TObject<{ collection: TString; person: TString; face: TString }> =
  Type.Object({
    ...personParams.properties,
    face: Type.String({ description: 'Id of the face.' }),
  })

interface PageProperties {
  readonly limit: TOptional<TInteger>
  readonly cursor: TOptional<TString>
}

/** Query members of a list. */
export const pageProperties: PageProperties = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'Most items of a page, default 100; it ends at about 1 MiB.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: '`nextCursor` of the page before.' }),
  ),
}

export const pageQuery: TObject<{ limit: TOptional<TInteger>; cursor: TOptional<TString> }> =
  Type.Object({ ...pageProperties }, { additionalProperties: false })

/** How something is deleted. */
export const eraseProperty: { readonly erase: TOptional<TUnsafe<'now'>> } = {
  erase: Type.Optional(
    Type.Unsafe<'now'>({
      type: 'string',
      enum: ['now'],
      description:
        'Erases it at once, with what the history says of it beyond ids and times; also what was deleted before. Without it, it can be put back for `history.undoDays`.',
    }),
  ),
}

/** Query of a deletion. */
export const eraseQuery: TObject<{ erase: TOptional<TUnsafe<'now'>> }> = Type.Object(
  { ...eraseProperty },
  { additionalProperties: false },
)

/** Schema of a page of a list. */
export function pageOf<T>(item: Component<T>): TUnsafe<Page<T>> {
  return Type.Unsafe<Page<T>>(
    Type.Object(
      {
        items: Type.Array(ref(item)),
        nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page.' })),
      },
      { description: 'A page of a list.' },
    ),
  )
}

/** An empty answer, 204. */
export const noContent: TUnsafe<void> = Type.Unsafe<void>({
  type: 'null',
  description: 'Done; no content.',
})
