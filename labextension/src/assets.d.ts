declare module '*.svg' {
  const source: string;
  export default source;
}

// The builder bundles it; TypeScript would insist that it lies below `src/`.
declare module '*/package.json' {
  const manifest: { readonly version: string };
  export default manifest;
}
