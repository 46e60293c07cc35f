import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Step } from '@prompt-card/rollout';
import {
  type CallDefinition,
  type HookDefinition,
  hookSchema,
  notificationSchema,
} from '../environment/hook-schema.ts';
import { sampleRollout } from '../testing/sample-log.ts';
import { applicableHooks } from './applicable-hooks.ts';
import { call } from './call.ts';
import { calledHooks } from './called-hooks.ts';
import { Notifier } from './notifier.ts';
import { callPayload } from './payload.ts';
import { webhookHeaders } from './signature.ts';

const rollout = { ...sampleRollout(), cursor: 3 };
const step = rollout.steps.find(({ kind }) => kind === 'analyse')!;
const place = { environment: 'local', urls: { backend: 'http://127.0.0.1:8080' } };
const payload = callPayload('step.before', place, rollout, step);
const never = new AbortController().signal;

interface Received {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let server: http.Server;
let folder: string;
let received: Received[];
/** The next answers; 200 when none is left, no answer at all for 0. */
let answers: number[];

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
const setting = () => ({ folder, variables: { PATH: process.env['PATH'], KEY: 'secret' } });
const hook = (change: object): HookDefinition =>
  hookSchema.parse({
    name: 'check',
    moment: 'before',
    steps: ['analyse'],
    retryDelaySeconds: 0,
    ...('command' in change ? {} : { webhook: { url: url() } }),
    ...change,
  });
const make = (definition: CallDefinition, signal = never) =>
  call(definition, 'the-id', payload, setting(), signal);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hooks-'));
  received = [];
  answers = [];
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      const status = answers.shift() ?? 200;
      if (status === 0) return;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('said so');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

describe('a webhook', () => {
  it('is told what happens, in a signed POST that a receiver can check', async () => {
    expect(await make(hook({ webhook: { url: url(), secretVariable: 'KEY' } }))).toEqual({
      ok: true,
      detail: 'answered 200: said so',
    });
    const [{ headers, body }] = received as [Received];
    expect(JSON.parse(body)).toMatchObject({
      id: 'the-id',
      event: 'step.before',
      environment: 'local',
      rollout: '7',
      strategy: 'canary',
      release: [{ service: 'backend', from: 'r1', to: 'r2' }],
      urls: place.urls,
      step: { index: 3, kind: 'analyse', service: 'backend', revision: 'r2', weight: 5 },
    });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const mac = createHmac('sha256', 'secret').update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  });

  it('is tried again with the same id, as often as asked', async () => {
    answers = [500, 503];
    expect(await make(hook({ retries: 2 }))).toMatchObject({ ok: true });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(Array(3).fill('the-id'));
    answers = [500, 503];
    expect(await make(hook({ retries: 1 }))).toEqual({
      ok: false,
      detail: 'answered 503: said so (2 attempts)',
    });
  });

  it.each([
    ['redirects', { answer: 302 }, /answered 302/],
    ['refuses', { answer: 404 }, /answered 404/],
    ['does not answer', { answer: 0, timeoutSeconds: 0.2 }, /did not end within 0.2 s/],
  ])('that %s has failed', async (_name, { answer, ...change }, detail) => {
    answers = [answer];
    expect(await make(hook(change))).toEqual({ ok: false, detail: expect.stringMatching(detail) });
    expect(received).toHaveLength(1);
  });

  it('without its secret is not called at all', async () => {
    const definition = hook({ webhook: { url: url(), secretVariable: 'MISSING' } });
    expect(await make(definition)).toEqual({ ok: false, detail: 'MISSING is not set' });
    expect(received).toEqual([]);
  });

  it('that nobody listens to has failed', async () => {
    const definition = hook({ webhook: { url: 'http://127.0.0.1:1/' } });
    expect(await make(definition)).toMatchObject({ ok: false });
  });
});

describe('webhookHeaders', () => {
  it('agree with the reference vector of Standard Webhooks', () => {
    expect(
      webhookHeaders(
        { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' },
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      )['webhook-signature'],
    ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('a command', () => {
  const node = (program: string) => hook({ command: [process.execPath, '-e', program] });

  it('is told on its standard input, in the folder of the workspace, without a shell', async () => {
    const definition = hook({
      command: [
        process.execPath,
        '-e',
        `require('fs').writeFileSync('told.json', require('fs').readFileSync(0)); console.log(process.argv[1])`,
        '$(whoami) && x',
      ],
    });
    expect(await make(definition)).toEqual({ ok: true, detail: 'ended with 0: $(whoami) && x' });
    expect(JSON.parse(await readFile(path.join(folder, 'told.json'), 'utf8'))).toMatchObject({
      id: 'the-id',
      step: { kind: 'analyse' },
    });
  });

  it('fails with its code and its last words', async () => {
    expect(await make(node('console.error("p99 is 900 ms"); process.exitCode = 99'))).toEqual({
      ok: false,
      detail: 'ended with 99: p99 is 900 ms',
    });
    expect(await make(hook({ command: ['no-such-program'] }))).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ENOENT'),
    });
  });

  it('that takes too long is ended with everything that it started', async () => {
    const program = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('fs').writeFileSync('pid', String(child.pid));
      setInterval(() => {}, 1000);`;
    const definition = { ...node(program), timeoutSeconds: 1.5 };
    expect(await make(definition)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/within 1.5 s/),
    });
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8'));
    await expect(untilGone(pid)).resolves.toBe(true);
  });

  it('is ended when it is not needed any longer', async () => {
    const stop = new AbortController();
    const running = make({ ...node('setInterval(() => {}, 1000)'), retries: 3 }, stop.signal);
    stop.abort();
    expect(await running).toEqual({ ok: false, detail: 'it was not needed any longer' });
  });
});

describe('applicableHooks', () => {
  it.each<[string, object, boolean]>([
    ['the kind of step', {}, true],
    ['another kind', { steps: ['deploy'] }, false],
    ['another moment', { moment: 'after' }, false],
    ['its weight', { weights: [5, 25] }, true],
    ['another weight', { weights: [25] }, false],
  ])('goes by %s', (_name, change, applies) => {
    expect(applicableHooks([hook(change)], 'before', step)).toHaveLength(applies ? 1 : 0);
  });

  it('takes a step without a weight for one of no weight', () => {
    const deploy: Step = rollout.steps[0]!;
    expect(applicableHooks([hook({ steps: ['deploy'], weights: [5] })], 'before', deploy)).toEqual(
      [],
    );
  });
});

describe('hooks at a step', () => {
  const verdictOf = async (...definitions: readonly HookDefinition[]) => {
    const unheeded: string[] = [];
    const hooks = calledHooks(definitions, place, setting(), (text) => unheeded.push(text));
    const running = hooks.start('before', step, rollout);
    const verdict = await running?.verdict;
    running?.stop();
    return { outcome: verdict?.outcome, reason: verdict?.reason, unheeded };
  };

  it('pass when all of them pass, and nothing is started where none belongs', async () => {
    const other = hook({ name: 'other' });
    expect(await verdictOf(hook({}), other)).toMatchObject({ outcome: 'pass', unheeded: [] });
    expect(received).toHaveLength(2);
    expect(await verdictOf(hook({ moment: 'after' }))).toMatchObject({ outcome: undefined });
  });

  it('fail with the first required one that fails, while others still run', async () => {
    answers = [500];
    const slow = hook({
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      timeoutSeconds: 3,
    });
    expect(await verdictOf(hook({ name: 'smoke' }), { ...slow, name: 'slow' })).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(/^hook smoke before ".*" failed: answered 500/),
    });
  });

  it('that are not required only say that they failed', async () => {
    answers = [500];
    expect(await verdictOf(hook({ required: false }))).toMatchObject({
      outcome: 'pass',
      unheeded: [expect.stringContaining('answered 500')],
    });
  });
});

describe('a notification', () => {
  it('tells of the events it is for, and its failure is only written down', async () => {
    const unheeded: string[] = [];
    const chat = notificationSchema.parse({
      name: 'chat',
      events: ['started', 'promoted'],
      webhook: { url: url() },
    });
    const notifier = new Notifier([chat], place, setting(), (text) => unheeded.push(text));
    notifier.tell('started', rollout);
    notifier.tell('running', rollout);
    await notifier.close();
    answers = [500];
    notifier.tell('promoted', rollout);
    await notifier.close();
    expect(received.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'rollout.started',
      'rollout.promoted',
    ]);
    expect(unheeded).toEqual([
      'notification chat of rollout.promoted failed: answered 500: said so',
    ]);
  });
});

/** Waits for the process to be gone; a zombie is gone. */
async function untilGone(pid: number): Promise<boolean> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (state === undefined || / Z /.test(state)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
