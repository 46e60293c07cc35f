import path from 'node:path';

const workspaceRoot = path.resolve(import.meta.dirname, '../..');

/** Headers that are the same for every answer; the content security policy needs a nonce, see `src/proxy.ts`. */
const securityHeaders = [
  { key: 'x-content-type-options', value: 'nosniff' },
  { key: 'x-frame-options', value: 'DENY' },
  { key: 'referrer-policy', value: 'strict-origin-when-cross-origin' },
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'permissions-policy', value: 'camera=(), geolocation=(), microphone=()' },
];

/** @type {import('next').NextConfig} */
const config = {
  output: 'standalone',
  // The libs live beside the apps, so tracing and bundling start at the workspace.
  outputFileTracingRoot: workspaceRoot,
  turbopack: { root: workspaceRoot },
  // They export their TypeScript sources.
  transpilePackages: ['@prompt-card/cards', '@prompt-card/contract'],
  // The typecheck target checks the same files, specs included, and is cached on its own.
  typescript: { ignoreBuildErrors: true },
  // No page shows an image that would need another size; see also `complete-standalone.mjs`.
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  headers: async () => [{ source: '/:path*', headers: securityHeaders }],
};

export default config;
