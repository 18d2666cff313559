/** The part of WebAssembly that kernels use; TypeScript declares it only together with the DOM. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string
  }
  interface Memory<Buffer = ArrayBuffer | SharedArrayBuffer> {
    grow(pages: number): number
    readonly buffer: Buffer
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const Memory: {
    new (descriptor: { readonly initial: number; readonly maximum: number }): Memory<ArrayBuffer>
    new (descriptor: {
      readonly initial: number
      readonly maximum: number
      readonly shared: true
    }): Memory<SharedArrayBuffer>
  }
  const Module: new (bytes: Uint8Array) => Module
  const Instance: new (
    module: Module,
    imports: { readonly env: { readonly memory: Memory } },
  ) => Instance
  function compile(bytes: Uint8Array): Promise<Module>
}
