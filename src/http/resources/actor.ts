import { type TEnum, type TObject, type TString, Type } from 'typebox'

/** Who asked for something. */
export const actorSchema: TObject<{
  kind: TEnum<['library', 'commandLine', 'anonymous', 'configuredKey', 'apiKey']>
  id: TString
  name: TString
}> = Type.Object(
  {
    kind: Type.Enum(['library', 'commandLine', 'anonymous', 'configuredKey', 'apiKey'], {
      type: 'string',
    }),
    id: Type.String(),
    name: Type.String(),
  },
  { description: 'Who made it.' },
)
