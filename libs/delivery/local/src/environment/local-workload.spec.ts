import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Revision } from '@prompt-card/rollout';
import { sampleRevision } from '@prompt-card/rollout/testing';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { type LocalService, LocalWorkload } from './local-workload.ts';

/** Serves 200, or what its MODE says. */
const PROGRAM = `
const http = require('node:http');
if (process.argv[2] === 'migrate') {
  if (process.env.MODE === 'bad-migration') { console.error('relation "cards" does not exist'); process.exit(1); }
  console.log(JSON.stringify({ event: 'migrated', tag: '0001_cards' }));
  process.exit(0);
}
if (process.env.MODE === 'crash') { console.error('cannot find my configuration'); process.exit(1); }
http.createServer((request, response) => {
  response.statusCode = process.env.MODE === 'unhealthy' ? 503 : 200;
  response.end(process.env.REVISION);
}).listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

describe('LocalWorkload', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let workload: LocalWorkload;
  const deployed: Revision[] = [];

  const service: LocalService = {
    name: 'backend',
    args: ['main.cjs'],
    migrateArgs: ['main.cjs', 'migrate'],
    environment: ({ id }) => ({ REVISION: id, PATH: process.env['PATH'] ?? '' }),
    healthPath: '/health',
    smokePath: '/smoke',
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    workload = new LocalWorkload([service], folder.path);
  });
  afterEach(async () => {
    for (const revision of deployed.splice(0)) await workload.retire(revision);
    await folder.clean();
  });

  async function revision(
    number: number,
    variables: Record<string, string> = {},
  ): Promise<Revision> {
    const artifact = path.join(folder.path, 'revisions', `r${number}`);
    await mkdir(artifact, { recursive: true });
    await writeFile(path.join(artifact, 'main.cjs'), PROGRAM);
    const created = { ...sampleRevision('backend', number), artifact, variables };
    deployed.push(created);
    return created;
  }

  async function untilState(of: Revision, state: string): Promise<void> {
    while ((await workload.health(of)).state !== state) await new Promise(setImmediate);
  }

  it('starts a revision, finds it healthy, and stops it', async () => {
    const r1 = await revision(1);
    expect((await workload.health(r1)).state).toBe('absent');
    await workload.deploy(r1);
    await untilState(r1, 'healthy');
    expect(await workload.smokeTest(r1)).toMatchObject({ outcome: 'pass' });
    await workload.retire(r1);
    expect((await workload.health(r1)).state).toBe('absent');
    expect(await readdir(path.join(folder.path, 'instances'))).toEqual([]);
  });

  it('starts one process however often it is asked to', async () => {
    const r1 = await revision(1);
    await workload.deploy(r1);
    const address = await workload.addressOf(r1);
    await workload.deploy(r1);
    await new LocalWorkload([service], folder.path).deploy(r1);
    expect(await workload.addressOf(r1)).toEqual(address);
  });

  it('finds a process again whose starter died before writing it down', async () => {
    const r1 = await revision(1);
    await workload.deploy(r1);
    await untilState(r1, 'healthy');
    const file = path.join(folder.path, 'instances', 'backend-r1.json');
    const { process: _, ...intent } = JSON.parse(await readFile(file, 'utf8')) as {
      process: unknown;
    };
    await writeFile(file, JSON.stringify(intent));
    await new LocalWorkload([service], folder.path).deploy(r1);
    expect((await workload.health(r1)).state).toBe('healthy');
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('process');
  });

  it('tells a revision that ended from one that cannot serve, with the words of its log', async () => {
    const crashing = await revision(1, { MODE: 'crash' });
    await workload.deploy(crashing);
    await untilState(crashing, 'absent');
    expect(await workload.health(crashing)).toMatchObject({
      detail: expect.stringContaining('cannot find my configuration'),
    });
    const unhealthy = await revision(2, { MODE: 'unhealthy' });
    await workload.deploy(unhealthy);
    await untilState(unhealthy, 'unhealthy');
    expect(await workload.smokeTest(unhealthy)).toMatchObject({ outcome: 'fail' });
  });

  it('applies migrations and reports them, and says what went wrong', async () => {
    expect(await workload.migrate(await revision(1))).toEqual(['0001_cards']);
    await expect(
      workload.migrate(await revision(2, { MODE: 'bad-migration' })),
    ).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('relation "cards" does not exist'),
    });
  });

  it('lists what runs and what has died', async () => {
    const [r1, r2] = [await revision(1), await revision(2, { MODE: 'crash' })];
    await workload.deploy(r1);
    await workload.deploy(r2);
    await untilState(r2, 'absent');
    const instances = await workload.instances();
    expect(instances.map(({ revision: { id }, alive }) => `${id} ${alive}`).sort()).toEqual([
      'r1 true',
      'r2 false',
    ]);
  });
});
