import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Revision } from '@prompt-card/rollout';
import { type ContractBehaviour, sampleRevision } from '@prompt-card/rollout/testing';
import { type LocalService, LocalWorkload } from '../environment/local-workload.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Answers as its BEHAVIOUR says; `/probe` always passes while it runs. `/lost`, `/broken-off` and `/slow`
 * do what they are called.
 */
const PROGRAM = `
const http = require('node:http');
const behaviour = process.env.BEHAVIOUR;
if (behaviour === 'ends-at-start') process.exit(1);
http.createServer((request, response) => {
  const { url } = request;
  if (url === '/lost') return request.socket.destroy();
  if (url === '/broken-off') {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => setTimeout(() => request.socket.destroy(), 20));
    return;
  }
  const isHealth = url === '/health' || url === '/smoke';
  response.statusCode =
    url === '/probe' ? 200
    : isHealth ? (behaviour === 'never-healthy' ? 503 : 200)
    : behaviour === 'fails-every-request' ? 500 : 200;
  setTimeout(() => response.end('answer'), url === '/slow' ? 200 : 0);
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const SERVICE: LocalService = {
  name: 'backend',
  args: ['main.cjs'],
  environment: () => ({}),
  healthPath: '/health',
  smokePath: '/smoke',
};

/** Revisions of a small service `backend`, as real processes in a folder of their own. */
export interface SampleWorkload {
  /** The folder; routers may keep their files in it too. */
  readonly path: string;
  readonly workload: LocalWorkload;
  /** A new revision that is not deployed yet. */
  revision(behaviour: ContractBehaviour): Promise<Revision>;
  /** Stops every revision that was made, and removes the folder. */
  clean(): Promise<void>;
}

export async function sampleWorkload(): Promise<SampleWorkload> {
  const folder = await temporaryFolder();
  const workload = new LocalWorkload([SERVICE], folder.path);
  const made: Revision[] = [];
  return {
    path: folder.path,
    workload,
    async revision(behaviour) {
      const number = made.length + 1;
      const artifact = path.join(folder.path, 'revisions', `r${number}`);
      await mkdir(artifact, { recursive: true });
      await writeFile(path.join(artifact, 'main.cjs'), PROGRAM);
      const variables = { BEHAVIOUR: behaviour };
      const revision = { ...sampleRevision('backend', number), artifact, variables };
      made.push(revision);
      return revision;
    },
    async clean() {
      for (const revision of made) await workload.retire(revision);
      await folder.clean();
    },
  };
}

/** Requests under way at once. */
const CLIENTS = 8;

/** Sends so many GET requests and waits for all answers; resolves with how many failed. */
export async function sendRequests(url: string, count: number): Promise<number> {
  let left = count;
  let failed = 0;
  const client = async () => {
    while (left-- > 0) {
      const isOk = await fetch(url, { signal: AbortSignal.timeout(10_000) })
        .then(async (response) => {
          await response.arrayBuffer();
          return response.ok;
        })
        .catch(() => false);
      if (!isOk) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return failed;
}
