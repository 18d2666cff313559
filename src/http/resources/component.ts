import { type Static, type TNumber, type TSchema, type TString, type TUnsafe, Type } from 'typebox'

/*
 * The components of the OpenAPI document: what the interface answers. Each is declared once, named
 * by `$id` and registered by the application; routes point to it with `ref`. `component` holds the
 * schema and the type of what is sent together: a schema that does not fit is a type error.
 */

/** A schema that is registered under its name and describes values of type `T`. */
export type Component<T> = TUnsafe<T> & { readonly $id: string }

/** The type of a schema's value when it is only read. */
type Readable<T> = T extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : T extends object
    ? {
        readonly [K in keyof T]: undefined extends T[K]
          ? Readable<T[K]> | undefined
          : Readable<T[K]>
      }
    : T

/** Declares a component, see above. */
export function component<T>($id: string): {
  of<S extends TSchema>(
    schema: S & (T extends Readable<Static<S>> ? unknown : { mismatch: Readable<Static<S>> }),
  ): Component<T>
} {
  return { of: (schema) => ({ $id, title: $id, ...schema }) as unknown as Component<T> }
}

/** A reference to a component that keeps its type. */
export function ref<T>(schema: Component<T>): TUnsafe<T> {
  return Type.Unsafe<T>({ $ref: `${schema.$id}#` })
}

export const dateTime: TString = Type.String({
  format: 'date-time',
  description: 'ISO 8601, UTC.',
})

/** A number with a description. */
export function number(description: string): TNumber {
  return Type.Number({ description })
}
