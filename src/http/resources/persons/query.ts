import {
  type TBoolean,
  type TEnum,
  type TInteger,
  type TObject,
  type TOptional,
  type TString,
  Type,
} from 'typebox'
import type { consentStates } from '../../../core/consent.ts'
import { facesFilters, personSorts, sortOrders } from '../../../storage/ports/persons.ts'
import { pageProperties } from '../shared.ts'
import { consentFilter } from './consent-fields.ts'

type FilterProperties = {
  readonly query: TOptional<TString>
  readonly name: TOptional<TString>
  readonly exactName: TOptional<TString>
  readonly externalId: TOptional<TString>
  readonly hidden: TOptional<TBoolean>
  readonly favourite: TOptional<TBoolean>
  readonly faces: TOptional<TEnum<[...typeof facesFilters]>>
  readonly consent: TOptional<TEnum<[...typeof consentStates]>>
  readonly changedSince: TOptional<TString>
  readonly sort: TOptional<TEnum<[...typeof personSorts]>>
  readonly order: TOptional<TEnum<[...typeof sortOrders]>>
}

/** Query members that say which persons are meant, and in which order. */
export const personFilters: FilterProperties = {
  query: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'Words, each of which begins a word of the name or of an alias, without regard to case, accents and width; of scripts without spaces, a part of it.',
      examples: ['istan'],
    }),
  ),
  name: Type.Optional(
    Type.String({ maxLength: 200, description: 'Contained in the name, in any case.' }),
  ),
  exactName: Type.Optional(Type.String({ maxLength: 200, description: 'Exactly the name.' })),
  externalId: Type.Optional(
    Type.String({ maxLength: 200, description: 'Exactly the external id.' }),
  ),
  hidden: Type.Optional(
    Type.Boolean({ description: 'Only those who are hidden, or who are not.' }),
  ),
  favourite: Type.Optional(Type.Boolean({ description: 'Only favourites, or only others.' })),
  faces: Type.Optional(
    Type.Enum([...facesFilters], {
      type: 'string',
      description: 'Only persons without a face, or with a single one.',
    }),
  ),
  consent: Type.Optional(consentFilter),
  changedSince: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'Only persons whose own fields were changed at this time or later.',
    }),
  ),
  sort: Type.Optional(
    Type.Enum([...personSorts], {
      type: 'string',
      description: 'Default `created`. By name without regard to case and accents.',
    }),
  ),
  order: Type.Optional(
    Type.Enum([...sortOrders], {
      type: 'string',
      description: 'Default `asc`; persons never seen come before all others.',
    }),
  ),
}

/** Query of the list of persons. */
export const personListQuery: TObject<
  { limit: TOptional<TInteger>; cursor: TOptional<TString> } & FilterProperties
> = Type.Object({ ...pageProperties, ...personFilters }, { additionalProperties: false })

/** Query of its export. */
export const personExportQuery: TObject<FilterProperties> = Type.Object(
  { ...personFilters },
  { additionalProperties: false },
)
