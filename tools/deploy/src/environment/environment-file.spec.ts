import path from 'node:path';
import { parseEnvironmentFile, readEnvironmentFile } from './environment-file.ts';
import { blueGreenOptions, canaryOptions } from './plan-settings.ts';

const LOCAL = path.join(__dirname, '..', '..', 'environments', 'local.json');

const minimal = {
  name: 'sample',
  folder: '.deploy/sample',
  database: 'sample',
  services: [
    {
      name: 'backend',
      artifact: 'apps/backend/dist',
      args: ['main.js'],
      port: 0,
      healthPath: '/health',
      probePath: '/health',
      smokePath: '/',
      environment: {},
    },
  ],
};

const parse = (change: object) =>
  parseEnvironmentFile('sample.json', JSON.stringify({ ...minimal, ...change }));

describe('parseEnvironmentFile', () => {
  it('reads the local environment that is checked in', async () => {
    const local = await readEnvironmentFile(LOCAL);
    expect(local.services.map(({ name }) => name)).toEqual(['backend', 'frontend']);
  });

  it('fills in the times of a real environment', () => {
    const file = parse({});
    expect(canaryOptions(file, {}).stages).toEqual([
      { weight: 5, durationMs: 300_000, minSamples: 100 },
      { weight: 25, durationMs: 600_000, minSamples: 100 },
      { weight: 50, durationMs: 900_000, minSamples: 100 },
    ]);
    expect(blueGreenOptions(file)).toMatchObject({
      smokeAttempts: 10,
      smokeIntervalMs: 30_000,
      bake: { durationMs: 300_000 },
    });
  });

  it('says everything that is wrong with a file at once', () => {
    const act = () => parse({ name: 'No Spaces', folder: '../elsewhere', colour: 'blue' });
    expect(act).toThrow(
      expect.objectContaining({
        code: 'ENVIRONMENT_FILE_INVALID',
        message: expect.stringMatching(
          /colour[\s\S]*name[\s\S]*folder|name[\s\S]*folder[\s\S]*colour/,
        ),
      }),
    );
  });

  it.each([
    ['is no JSON', () => parseEnvironmentFile('sample.json', '{')],
    [
      'names a service twice',
      () => parse({ services: [...minimal.services, ...minimal.services] }),
    ],
    [
      'sends traffic to a service that it does not have',
      () =>
        parse({
          traffic: {
            service: 'mail',
            requestsPerSecond: 1,
            operations: [{ name: 'get', weight: 1, method: 'GET', path: '/' }],
          },
        }),
    ],
  ])('refuses a file that %s', (_name, act) => {
    expect(act).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_FILE_INVALID' }));
  });

  it('says where the file should have been', async () => {
    await expect(readEnvironmentFile('/nowhere/local.json')).rejects.toMatchObject({
      code: 'ENVIRONMENT_FILE_MISSING',
      next: expect.stringContaining('--environment'),
    });
  });
});

describe('canaryOptions', () => {
  it('takes weights, length and samples from the command where it gives them', () => {
    const { stages } = canaryOptions(parse({}), {
      weights: [10, 25],
      stageSeconds: 2,
      minSamples: 7,
    });
    expect(stages).toEqual([
      { weight: 10, durationMs: 2_000, minSamples: 7 },
      { weight: 25, durationMs: 2_000, minSamples: 7 },
    ]);
  });
});
