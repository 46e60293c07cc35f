import { type ArmStatus, type Drift, canaryPlan, judgeMigrations } from '@prompt-card/rollout';
import { SAMPLE_CANARY, sampleChange, sampleRevision } from '@prompt-card/rollout/testing';
import { hookSchema } from '../environment/hook-schema.ts';
import { passDrift, passFreeze, passMigrations } from './permission.ts';
import { type Preflight, preflightLines } from './preflight-lines.ts';
import type { MigrationForecast } from './read-migrations.ts';

const change = sampleChange('backend', true);
const harmless: Drift = {
  service: 'backend',
  kind: 'stable-down',
  harmless: true,
  text: 'backend r1 is stable and absent',
  remedy: 'it is brought back first',
};
const grave: Drift = {
  service: 'backend',
  kind: 'stranger',
  harmless: false,
  text: 'backend r9 runs (healthy) and nothing asks for it',
  remedy: 'it is drained and stopped',
};

const STABLE_ARM = {
  revisionId: 'r1',
  weight: 100,
  inFlight: 0,
  ready: true,
  counts: { requests: 0, errors: 0, latency: {} },
} as ArmStatus;

function forecast(sql: string, stableKnows: readonly string[]): MigrationForecast {
  const returnable = [
    { revision: sampleRevision('backend', 1), serving: true, migrations: stableKnows },
    { revision: sampleRevision('backend', 0), serving: false, migrations: [] },
  ];
  const findings = judgeMigrations([{ tag: '0005_tidy', sql }], returnable);
  return { kind: 'known', candidate: change.candidate, findings };
}

const DROP = 'ALTER TABLE cards DROP COLUMN legacy';
const SAFE = `-- contract: safe since 0004\n${DROP}`;

describe('a dry run', () => {
  it('is an exact diff: what is, what differs, what would change, what each step waits for', () => {
    const preflight: Preflight = {
      environment: 'local',
      folder: '.deploy/local',
      running: true,
      services: [
        {
          service: 'backend',
          stable: change.stable,
          arms: [STABLE_ARM],
          health: { r1: 'healthy', r9: 'healthy' },
          drift: [grave],
          strangers: [],
        },
        {
          service: 'frontend',
          stable: sampleRevision('frontend', 1),
          arms: [],
          health: {},
          drift: [],
          strangers: [],
        },
      ],
      measured: { backend: { r1: 100 } },
      release: [change],
      migrations: [forecast(SAFE, ['0004'])],
      windows: [{ name: 'weekend', untilMs: Date.UTC(2026, 5, 8, 6) }],
      hooks: [
        hookSchema.parse({
          name: 'load-test',
          moment: 'during',
          steps: ['analyse'],
          weights: [50],
          command: ['k6'],
        }),
      ],
      plans: [
        {
          title: 'would roll out, as rollout 2',
          plan: canaryPlan([change], { ...SAMPLE_CANARY, stages: SAMPLE_CANARY.stages.slice(2) }),
        },
      ],
      refusals: ['DRIFT: backend r9 runs'],
    };
    expect(preflightLines(preflight).join('\n')).toMatchInlineSnapshot(`
      "dry run: nothing is changed in local (.deploy/local)

      release:
        backend: r1 → r2, build 000000000000 → 000000000000
        frontend: r1 stays, its build has not changed

      now:
        revision              health    asked  measured
        backend r1 (stable)  healthy  100.0 %   100.0 %
        backend r9           healthy    0.0 %         –

      drift:
        backend r9 runs (healthy) and nothing asks for it; with --accept-drift it is drained and stopped
      migrations:
        backend r2 applies 0005_tidy, which contracts
          drops a column: ALTER TABLE cards DROP COLUMN legacy
          would break backend r0
      freeze:
        "weekend" until 2026-06-08T06:00:00.000Z

      would roll out, as rollout 2, canary:
        1. apply the migrations of backend r2
        2. start backend r2
        3. wait until backend r2 is healthy, at most 10 s
           waits: until its health check passes; fails after 10 s
        4. send 50 % to backend r2 and measure it on 200 requests
           waits: until the share of 200 requests agrees with 50 %; fails after 20 s, without requests it is no-data
        5. compare backend r2 at 50 % with backend r1 for 10 s
           waits: 10 s and 50 requests on backend r2; a broken limit ends it at once, too few requests are no-data
           hook during: load-test
        6. send 100 % to backend r2 and measure it on 200 requests
           waits: until the share of 200 requests agrees with 100 %; fails after 20 s, without requests it is no-data
        7. make backend r2 the stable revision
        8. wait until backend r1 has had no request for 1 s
           waits: until it has had no request for 1 s and none is in flight; fails after 11 s
        9. stop backend r1

      would be refused:
        DRIFT: backend r9 runs"
    `);
  });

  it('says so where nothing runs, nothing differs and nothing is in the way', () => {
    const lines = preflightLines({
      environment: 'local',
      folder: '.deploy/local',
      running: false,
      services: [],
      measured: {},
      release: [],
      migrations: [
        { kind: 'unknown', candidate: change.candidate, why: 'the database does not run' },
      ],
      windows: [],
      hooks: [],
      plans: [],
      refusals: [],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        'now: nothing runs; database and load balancer are started first',
        'drift: none',
        '  backend r2: the database does not run',
        'freeze: none',
      ]),
    );
  });
});

describe('drift', () => {
  it('passes while it is harmless', () => {
    expect(passDrift([harmless], { acceptDrift: false })).toEqual([]);
  });

  it('is refused otherwise, and recorded when it is accepted', () => {
    expect(() => passDrift([harmless, grave], { acceptDrift: false })).toThrow(
      expect.objectContaining({
        code: 'DRIFT',
        message: grave.text,
        next: expect.stringContaining('--accept-drift'),
      }),
    );
    expect(passDrift([harmless, grave], { acceptDrift: true })).toEqual([
      `drift: ${grave.text}; ${grave.remedy}`,
    ]);
  });
});

describe('a freeze window', () => {
  const windows = [{ name: 'weekend', untilMs: Date.UTC(2026, 5, 8, 6) }];

  it('refuses, and says until when and how to overrule it', () => {
    expect(() => passFreeze('local', windows, { breakGlass: ' ' })).toThrow(
      expect.objectContaining({
        code: 'FROZEN',
        message: 'local is frozen by "weekend" until 2026-06-08T06:00:00.000Z',
        next: expect.stringContaining('--break-glass'),
      }),
    );
  });

  it('gives way to a reason, which is recorded', () => {
    expect(passFreeze('local', windows, { breakGlass: 'the API is down' })).toEqual([
      'freeze window "weekend": the API is down',
    ]);
    expect(passFreeze('local', [], { breakGlass: 'to be sure' })).toEqual([]);
  });
});

describe('a contracting migration', () => {
  it('is refused while the stable revision may need what it takes away, whatever is given up', () => {
    for (const forgetOlder of [false, true]) {
      expect(() => passMigrations([forecast(DROP, ['0004'])], { forgetOlder })).toThrow(
        expect.objectContaining({
          code: 'MIGRATION_CONTRACTS',
          message: expect.stringMatching(
            /0005_tidy drops a column \(ALTER TABLE cards DROP COLUMN legacy\), and backend r1, backend r0/,
          ),
          next: expect.stringContaining('first release a revision'),
        }),
      );
    }
  });

  it('is refused while an older revision could come back, until that is given up', () => {
    expect(() => passMigrations([forecast(SAFE, ['0004'])], { forgetOlder: false })).toThrow(
      expect.objectContaining({ next: expect.stringContaining('--forget-older') }),
    );
    expect(passMigrations([forecast(SAFE, ['0004'])], { forgetOlder: true })).toEqual({
      forget: [sampleRevision('backend', 0)],
      overruled: ['gave up backend r0 for 0005_tidy'],
    });
  });

  it('that only adds passes', () => {
    expect(
      passMigrations([forecast('ALTER TABLE cards ADD note text', [])], { forgetOlder: false }),
    ).toEqual({ forget: [], overruled: [] });
  });
});
