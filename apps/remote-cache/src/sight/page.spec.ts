import { startRig, type Rig } from '../testing/rig.ts';
import { measuredDurations } from '../report.ts';

let rig: Rig;
afterEach(() => rig.close());

const report = (token: string, durations: unknown) =>
  fetch(`${rig.url}/v1/durations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(durations),
  }).then(({ status }) => status);
const pageText = async () => (await fetch(rig.url)).text();

describe('the page', () => {
  it('shows hits and the time that they saved by project and target, also after a restart', async () => {
    rig = await startRig();
    const token = rig.token('trusted');
    await rig.put('1', token, 'body');
    await report(token, [{ hash: '1', project: 'web', target: 'build', durationMs: 90_000 }]);
    await rig.get('1', token);
    await rig.get('1', token);
    await rig.get('2', token);
    await rig.restart();
    const page = await pageText();
    expect(page).toContain('67 %');
    expect(page).toContain('2 of 3 reads');
    expect(page).toContain('web<span class="target">:build</span>');
    expect(page).toContain('3 min');
  });

  it('escapes what writers send, and does not let a pull request rename a trusted task', async () => {
    rig = await startRig();
    const token = rig.token('trusted');
    await rig.put('1', token, 'body');
    await rig.get('1', token);
    const evil = { hash: '1', project: '<script>', target: 'x', durationMs: 1 };
    expect(await report(rig.token('pr-1'), [evil])).toBe(200);
    expect(await pageText()).not.toContain('<script>');
    await report(token, [{ ...evil, project: 'real' }]);
    await report(rig.token('pr-1'), [evil]);
    expect(await pageText()).toContain('real');
    expect(await report(rig.token('trusted', 'read-only'), [evil])).toBe(403);
    expect(await report(token, [{ ...evil, durationMs: -1 }])).toBe(400);
    expect(await report('wrong', [evil])).toBe(401);
  });

  it('asks for a token when it is not open, as bearer or as a browser’s password', async () => {
    rig = await startRig(['--page', 'token']);
    const token = rig.token('trusted', 'read-only');
    const basic = Buffer.from(`anyone:${token}`).toString('base64');
    const statuses = await Promise.all(
      [undefined, 'Bearer wrong', `Bearer ${token}`, `Basic ${basic}`].map((authorization) =>
        fetch(`${rig.url}/metrics`, authorization ? { headers: { authorization } } : {}),
      ),
    );
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
    expect(statuses[0]?.headers.get('www-authenticate')).toMatch(/^Basic/);
    expect((await fetch(`${rig.url}/health`)).status).toBe(200);
  });

  it('loads nothing else and runs no script', async () => {
    rig = await startRig();
    const policy = (await fetch(rig.url)).headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'/);
    expect(await pageText()).not.toMatch(/<script|src=|href=/);
  });
});

describe('measuredDurations', () => {
  it('takes what ran and succeeded from Nx’s own record', async () => {
    rig = await startRig();
    const task = {
      hash: '1',
      projectName: 'web',
      target: 'build',
      startTime: '2026-01-01T00:00:00.000Z',
      endTime: '2026-01-01T00:00:02.500Z',
      cacheStatus: 'cache-miss',
      status: 0,
    };
    const run = {
      tasks: [task, { ...task, cacheStatus: 'remote-cache-hit' }, { ...task, status: 1 }],
    };
    expect(measuredDurations(run)).toEqual([
      { hash: '1', project: 'web', target: 'build', durationMs: 2500 },
    ]);
  });
});
