import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AuditEvent } from './audit-entry.ts';
import { AuditLog } from './audit-log.ts';
import { historyLines, historyOf } from './history.ts';

const started = (rollout: string, overruled: readonly string[] = []): AuditEvent => ({
  kind: 'started',
  rollout,
  strategy: 'canary',
  reason: 'version 2',
  release: [{ service: 'backend', from: 'r1', to: 'r2' }],
  overruled,
});
const outcome = (rollout: string, phase: 'promoted' | 'paused', reason = ''): AuditEvent => ({
  kind: 'outcome',
  rollout,
  phase,
  reason,
  verdicts: [],
  unheeded: [],
});

describe('AuditLog', () => {
  let folder: string;
  let log: AuditLog;
  let nowMs: number;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'audit-'));
    log = new AuditLog(path.join(folder, 'new', 'audit.jsonl'));
    nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const append = (event: AuditEvent, by = 'ada@laptop') => log.append(event, by, (nowMs += 1_000));

  it('keeps who did what and when', async () => {
    expect(await log.read()).toEqual({ entries: [], unreadable: 0 });
    await append(started('1'));
    expect((await log.read()).entries).toEqual([
      { at: '2026-01-02T03:04:06.000Z', by: 'ada@laptop', ...started('1') },
    ]);
  });

  it('loses one line at most to a writer that died, and says so', async () => {
    await append(started('1'));
    await appendFile(log.file, '{"at":"2026-01-0');
    await append(outcome('1', 'promoted'));
    const { entries, unreadable } = await log.read();
    expect(entries.map(({ kind }) => kind)).toEqual(['started', 'outcome']);
    expect(unreadable).toBe(1);
  });

  it('can be written to on the way, without being in the way', async () => {
    expect(await log.tryAppend(started('1'), 'ada@laptop', nowMs)).toBeUndefined();
    const blocked = new AuditLog(path.join(log.file, 'not-a-folder', 'audit.jsonl'));
    expect(await blocked.tryAppend(started('2'), 'ada@laptop', nowMs)).toMatch(
      /^the audit log could not be written: /,
    );
  });

  it('is read as a history, newest first, with what was refused and what was overruled', async () => {
    await append(started('1', ['freeze window weekend: "a fix"']));
    await append(outcome('1', 'paused', 'stage 5 % has passed'));
    await append({ kind: 'resumed', rollout: '1' }, 'bob@desk');
    await append(outcome('1', 'promoted'));
    await append({ kind: 'refused', code: 'FROZEN', reason: 'weekend until Monday' }, 'bob@desk');
    await append(started('2'));
    const rows = historyOf((await log.read()).entries);
    expect(rows.map(({ rollout, outcome: o, tookMs }) => [rollout, o, tookMs])).toEqual([
      ['2', 'unfinished', 0],
      [undefined, 'FROZEN', 0],
      ['1', 'promoted', 3_000],
    ]);
    expect(historyLines(rows).join('\n')).toMatchInlineSnapshot(`
      "rollout                    at          by  strategy          release   took     outcome  why
      2        2026-01-02T03:04:11Z  ada@laptop    canary  backend r1 → r2  0.0 s  unfinished  version 2
      –        2026-01-02T03:04:10Z    bob@desk         –                –  0.0 s      FROZEN  weekend until Monday
      1        2026-01-02T03:04:06Z  ada@laptop    canary  backend r1 → r2  3.0 s    promoted  version 2; overruled: freeze window weekend: "a fix""
    `);
  });
});
