import fs from 'node:fs';
import path from 'node:path';
import { readConfig, variableNames } from './config.ts';
import { faultNames, noFaults } from './faults.ts';

const problemsOf = (env: Record<string, string>) => {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as Error).message;
  }
};

describe('readConfig', () => {
  it('works with nothing set: development on 127.0.0.1:3001 with an embedded database', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 3001,
      databaseUrl: undefined,
      databaseMaxConnections: 10,
      identity: { revision: 'dev', colour: null, version: '0.0.0' },
      logLevel: 'info',
      shutdownTimeoutMs: 10_000,
      faults: noFaults,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig({ PORT: '', COLOUR: '', DATABASE_URL: '', FAULT: '' })).toEqual(
      readConfig({}),
    );
  });

  it('reports every problem at once', () => {
    const problems = problemsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      REVISION: 'two words',
      DATABASE_URL: 'mysql://x',
      SHUTDOWN_TIMEOUT_MS: '-1',
    });
    for (const name of ['PORT', 'LOG_LEVEL', 'REVISION', 'DATABASE_URL', 'SHUTDOWN_TIMEOUT_MS']) {
      expect(problems).toContain(`${name}: `);
    }
  });

  it('does not repeat a secret that it refuses', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://root:hunter2@host/db' })).not.toContain('hunter2');
  });

  it('wants a database wherever the service is deployed', () => {
    expect(problemsOf({ DEPLOY_ENVIRONMENT: 'production' })).toContain('DATABASE_URL: is required');
  });

  describe('FAULT', () => {
    const deployed = { DATABASE_URL: 'postgresql://user:password@127.0.0.1/cards' };

    it('is accepted in a local environment', () => {
      const env = { ...deployed, DEPLOY_ENVIRONMENT: 'local', FAULT: 'latency-ms=200' };
      expect(readConfig(env).faults.latencyMs).toBe(200);
    });

    it.each(['production', 'staging', 'LOCAL', ''])('is refused in "%s"', (place) => {
      const env = { ...deployed, DEPLOY_ENVIRONMENT: place, FAULT: 'error-rate=0.05' };
      expect(problemsOf(env)).toContain('FAULT: is refused unless DEPLOY_ENVIRONMENT=local');
    });

    it('is refused when it cannot be read', () => {
      const env = { ...deployed, DEPLOY_ENVIRONMENT: 'local', FAULT: 'chaos=1' };
      expect(problemsOf(env)).toContain('FAULT: cannot read chaos');
    });
  });
});

describe('README.md', () => {
  const readme = fs.readFileSync(path.join(__dirname, '../README.md'), 'utf8');

  it('describes every variable, and no other', () => {
    const described = [...readme.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, name]) => name);
    expect(described).toEqual(variableNames);
  });

  it.each(faultNames)('describes the fault %s', (name) => {
    expect(readme).toContain(`\`${name}`);
  });
});
