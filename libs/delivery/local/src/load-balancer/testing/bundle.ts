import { buildSync } from 'esbuild';
import path from 'node:path';

/** Bundles the program as the `bundle` target does, so that specs test this tree and not an old `dist`. */
export function bundleLoadBalancer(directory: string): string {
  const outfile = path.join(directory, 'load-balancer.mjs');
  buildSync({
    entryPoints: [path.resolve(__dirname, '../main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
