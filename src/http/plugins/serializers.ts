import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'

/**
 * Compiles what writes answers as JSON, as Fastify does by itself, but each schema once: most answers of
 * the routes are the same few problems, and each compilation looks at every component of the document.
 * That took most of the time in which a server starts.
 */
export function createSerializers(): ReturnType<typeof SerializerSelector> {
  const select = SerializerSelector()
  return (components, options) => {
    const compile = select(components, options)
    const compiled = new Map<string, ReturnType<typeof compile>>()
    return (route) => {
      const key = JSON.stringify(route.schema)
      const known = compiled.get(key)
      if (known) return known
      const serializer = compile(route)
      compiled.set(key, serializer)
      return serializer
    }
  }
}
