import { CodedError } from '@prompt-card/core';
import { z } from 'zod';
import { noFaults, parseFaults } from './faults.ts';

export class ConfigError extends CodedError<'CONFIG_INVALID'> {}

/** An unset variable and an empty one mean the same: `docker run -e NAME=` sets the latter. */
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

const label = z.string().regex(/^[\w.+-]{1,100}$/, 'use letters, digits and ". _ + -"');

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

const environment = z.object({
  HOST: setting(z.string().default('127.0.0.1')),
  PORT: setting(integer(0, 65_535).default(3001)),
  DATABASE_URL: setting(
    z
      .url({ protocol: /^postgres(ql)?$/, error: 'must be postgresql://user:password@host/name' })
      .optional(),
  ),
  DATABASE_MAX_CONNECTIONS: setting(integer(1, 100).default(10)),
  REVISION: setting(label.default('dev')),
  COLOUR: setting(label.optional()),
  VERSION: setting(label.default('0.0.0')),
  DEPLOY_ENVIRONMENT: setting(label.optional()),
  LOG_LEVEL: setting(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ),
  SHUTDOWN_TIMEOUT_MS: setting(integer(0, 600_000).default(10_000)),
  FAULT: setting(z.string().optional()),
});

/** Every variable there is; README.md describes each. */
export const variableNames = Object.keys(environment.shape);

/** Everything that can be set from outside. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the environment once. Throws one {@link ConfigError} that names every problem, without values. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const parsed = environment.safeParse(env);
  const problems =
    parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  const place = env['DEPLOY_ENVIRONMENT'];
  if (place && !env['DATABASE_URL']) {
    problems.push('DATABASE_URL: is required where DEPLOY_ENVIRONMENT is set');
  }
  const fault = env['FAULT'] ? parseFaults(env['FAULT']) : { faults: noFaults };
  if ('problem' in fault) problems.push(`FAULT: ${fault.problem}`);
  if (env['FAULT'] && place !== 'local') {
    problems.push('FAULT: is refused unless DEPLOY_ENVIRONMENT=local');
  }
  if (!parsed.success || 'problem' in fault || problems.length > 0) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `the environment is not usable: ${problems.join('; ')}`,
      {
        next: 'correct these variables; apps/backend/README.md describes each',
      },
    );
  }
  const settings = parsed.data;
  return {
    host: settings.HOST,
    port: settings.PORT,
    /** Undefined in development alone: then an embedded server is started. */
    databaseUrl: settings.DATABASE_URL,
    databaseMaxConnections: settings.DATABASE_MAX_CONNECTIONS,
    identity: {
      revision: settings.REVISION,
      colour: settings.COLOUR ?? null,
      version: settings.VERSION,
    },
    logLevel: settings.LOG_LEVEL,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT_MS,
    faults: fault.faults,
  };
}

/** Which build this process runs, and in which slot. */
export type Identity = Config['identity'];
