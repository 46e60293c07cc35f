import { parseArgs } from 'node:util';
import type { RetentionLimits, WorkloadPolicy } from '@prompt-card/cache';
import { z } from 'zod';
import { RemoteCacheError } from './remote-cache-error.ts';
import type { Pace } from './protocol/upload-body.ts';

const DAY_MS = 86_400_000;
const UNITS = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

const bytes = z
  .string()
  .regex(/^[0-9]+(?:\.[0-9]+)? ?(?:B|KiB|MiB|GiB|TiB)?$/, 'write a size such as 20GiB')
  .transform((text) => {
    const unit = text.replace(/[0-9. ]/g, '') as keyof typeof UNITS;
    return Math.round(Number.parseFloat(text) * UNITS[unit]);
  });
const wholeNumber = z
  .string()
  .regex(/^[0-9]+$/, 'write a whole number')
  .transform(Number);
const list = z.string().transform((text) => text.split(',').filter(Boolean));

/** Every option of `serve`: a flag, or the environment's `REMOTE_CACHE_<NAME>`. The docs list each. */
export const optionSchema = z.object({
  dir: z.string().min(1).default('tmp/remote-cache'),
  host: z.string().default('127.0.0.1'),
  port: wholeNumber.default(3100),
  'max-bytes': bytes.default(20 * 2 ** 30),
  'trusted-max-bytes': bytes.optional(),
  'pull-request-max-bytes': bytes.default(2 * 2 ** 30),
  'max-idle-days': wholeNumber.default(30),
  'pull-request-max-idle-days': wholeNumber.default(7),
  'max-artifact-bytes': bytes.default(2 ** 30),
  'min-free-bytes': bytes.default(512 * 2 ** 20),
  'memory-bytes': bytes.default(64 * 2 ** 20),
  'max-writes-per-minute': wholeNumber.default(6000),
  'min-upload-bytes-per-second': wholeNumber.default(1024),
  'upload-grace-ms': wholeNumber.default(30_000),
  'drain-timeout-ms': wholeNumber.default(60_000),
  'scrub-hours': wholeNumber.default(24),
  'tls-cert': z.string().optional(),
  'tls-key': z.string().optional(),
  page: z.enum(['open', 'token']).optional(),
  'accel-prefix': z.string().startsWith('/').optional(),
  's3-bucket': z.string().optional(),
  's3-prefix': z.string().default(''),
  's3-endpoint': z.url().optional(),
  's3-region': z.string().default('us-east-1'),
  's3-path-style': z.stringbool().default(false),
  's3-presign': z.stringbool().default(false),
  'near-max-bytes': bytes.default(10 * 2 ** 30),
  'oidc-issuer': z.url().default('https://token.actions.githubusercontent.com'),
  'oidc-audience': z.string().optional(),
  'oidc-repository-id': z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
  'oidc-workflows': list.optional(),
  'oidc-trusted-refs': list.default(['refs/heads/main']),
  'session-minutes': wholeNumber.default(360),
});

/** The server's configuration, checked and in the program's own terms. */
export interface ServerConfig {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly limits: RetentionLimits;
  readonly nearMaxBytes: number;
  readonly maxArtifactBytes: number;
  readonly minFreeBytes: number;
  readonly memoryBytes: number;
  readonly maxWritesPerMinute: number;
  readonly uploadPace: Pace;
  readonly drainTimeoutMs: number;
  readonly scrubIntervalMs: number;
  readonly sessionTtlMs: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly page: 'open' | 'token';
  readonly accelPrefix: string | undefined;
  readonly presign: boolean;
  readonly s3: S3Config | undefined;
  readonly oidc: OidcConfig | undefined;
}

export interface S3Config {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly isPathStyle: boolean;
}

export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly policy: WorkloadPolicy;
}

type Options = z.infer<typeof optionSchema>;

/** Reads flags first, then the environment, then defaults; reports every problem together. */
export function readServerConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServerConfig {
  const parsed = optionSchema.safeParse({
    ...fromEnvironment(environment),
    ...fromFlags(args),
  });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `--${path.join('.')}: ${message}`,
    );
    throw invalid(problems);
  }
  const problems = contradictions(parsed.data);
  if (problems.length > 0) throw invalid(problems);
  return toConfig(parsed.data);
}

function toConfig(options: Options): ServerConfig {
  const maxBytes = options['max-bytes'];
  return {
    dir: options.dir,
    host: options.host,
    port: options.port,
    limits: {
      maxBytes,
      trusted: {
        maxBytes: options['trusted-max-bytes'] ?? maxBytes,
        maxIdleMs: options['max-idle-days'] * DAY_MS,
      },
      pullRequest: {
        maxBytes: options['pull-request-max-bytes'],
        maxIdleMs: options['pull-request-max-idle-days'] * DAY_MS,
      },
    },
    nearMaxBytes: options['near-max-bytes'],
    maxArtifactBytes: options['max-artifact-bytes'],
    minFreeBytes: options['min-free-bytes'],
    memoryBytes: options['memory-bytes'],
    maxWritesPerMinute: options['max-writes-per-minute'],
    uploadPace: {
      minBytesPerSecond: options['min-upload-bytes-per-second'],
      graceMs: options['upload-grace-ms'],
    },
    drainTimeoutMs: options['drain-timeout-ms'],
    scrubIntervalMs: options['scrub-hours'] * 3_600_000,
    sessionTtlMs: options['session-minutes'] * 60_000,
    tls:
      options['tls-cert'] && options['tls-key']
        ? { certFile: options['tls-cert'], keyFile: options['tls-key'] }
        : undefined,
    page: options.page ?? (isLoopback(options.host) ? 'open' : 'token'),
    accelPrefix: options['accel-prefix']?.replace(/\/$/, ''),
    presign: options['s3-presign'],
    s3: options['s3-bucket']
      ? {
          bucket: options['s3-bucket'],
          prefix: options['s3-prefix'],
          endpoint: options['s3-endpoint'],
          region: options['s3-region'],
          isPathStyle: options['s3-path-style'],
        }
      : undefined,
    oidc:
      options['oidc-audience'] && options['oidc-repository-id'] && options['oidc-workflows']
        ? {
            issuer: options['oidc-issuer'],
            audience: options['oidc-audience'],
            policy: {
              repositoryId: options['oidc-repository-id'],
              trustedRefs: options['oidc-trusted-refs'],
              workflows: options['oidc-workflows'],
            },
          }
        : undefined,
  };
}

function contradictions(options: Options): readonly string[] {
  const problems: string[] = [];
  if (!options['tls-cert'] !== !options['tls-key']) {
    problems.push('--tls-cert and --tls-key: give both or neither');
  }
  const oidc = ['oidc-audience', 'oidc-repository-id', 'oidc-workflows'] as const;
  const given = oidc.filter((name) => options[name] !== undefined);
  if (given.length > 0 && given.length < oidc.length) {
    const missing = oidc.filter((name) => !given.includes(name));
    problems.push(`--${missing.join(', --')}: the identity exchange needs all three`);
  }
  if (options['s3-presign'] && !options['s3-bucket']) {
    problems.push('--s3-presign: needs --s3-bucket');
  }
  if (options['accel-prefix'] && options['s3-presign']) {
    problems.push('--accel-prefix and --s3-presign: give one of them');
  }
  return problems;
}

function fromFlags(args: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.keys(optionSchema.shape).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    return { ...parseArgs({ args: [...args], options, strict: true }).values };
  } catch (error) {
    throw invalid([error instanceof Error ? error.message : String(error)]);
  }
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries = Object.keys(optionSchema.shape).flatMap((name) => {
    const value = environment[`REMOTE_CACHE_${name.replaceAll('-', '_').toUpperCase()}`];
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function invalid(problems: readonly string[]): RemoteCacheError {
  return new RemoteCacheError('CONFIG_INVALID', problems.join('\n'), {
    next: 'see docs/remote-cache.md for every option',
  });
}
