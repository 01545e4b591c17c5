/** The package has no types for the one module that holds what its decorators note. */
declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: object;
}
