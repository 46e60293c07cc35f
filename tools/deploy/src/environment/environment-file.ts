import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_LIMITS } from '@prompt-card/rollout';
import { z } from 'zod';
import { DeployError } from '../deploy-error.ts';

const seconds = z.number().min(0).max(86_400);
const samples = z.int().min(0).max(10_000_000);
const port = z.int().min(0).max(65_535);
const relativePath = z
  .string()
  .min(1)
  .refine((value) => !path.isAbsolute(value) && !value.split(/[\\/]/).includes('..'), {
    message: 'must be a path inside the workspace',
  });

const serviceSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  artifact: relativePath.describe('Folder that the build leaves, relative to the workspace'),
  args: z
    .array(z.string())
    .min(1)
    .describe('Arguments to Node; the first is a path in the artifact'),
  migrateArgs: z.array(z.string()).min(1).optional(),
  port: port.describe('Where the load balancer listens for this service; taken: another free one'),
  healthPath: z.string().startsWith('/').describe('200 when a revision can serve'),
  probePath: z.string().startsWith('/').describe('What the load balancer asks all the time'),
  smokePath: z.string().startsWith('/').describe('Must answer 2xx before a revision gets traffic'),
  environment: z
    .record(z.string(), z.string())
    .describe('{databaseUrl}, {revision}, {colour} and {url:<service>} are filled in'),
});

const operationSchema = z.strictObject({
  name: z.string(),
  weight: z.number().positive(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  creates: z.boolean().optional(),
  removes: z.boolean().optional(),
});

const environmentSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  folder: relativePath.describe('Everything that the environment keeps'),
  database: z.string().regex(/^[a-z_][a-z0-9_]*$/),
  services: z.array(serviceSchema).min(1).describe('In the order in which they are rolled out'),
  times: z
    .strictObject({
      healthTimeoutSeconds: seconds.default(60),
      proofMinSamples: samples.default(200),
      proofTimeoutSeconds: seconds.default(60),
      drainQuietSeconds: seconds.default(30),
      drainTimeoutSeconds: seconds.default(300),
    })
    .prefault({}),
  canary: z
    .strictObject({
      stages: z
        .array(
          z.strictObject({
            weight: z.int().min(1).max(99),
            seconds,
            minSamples: samples.default(100),
            pauseAfter: z.boolean().optional(),
          }),
        )
        .default([
          { weight: 5, seconds: 300, minSamples: 100 },
          { weight: 25, seconds: 600, minSamples: 100 },
          { weight: 50, seconds: 900, minSamples: 100 },
        ]),
    })
    .prefault({}),
  blueGreen: z
    .strictObject({
      smokeAttempts: z.int().min(1).default(10),
      smokeIntervalSeconds: seconds.default(30),
      bakeSeconds: seconds.default(300),
      bakeMinSamples: samples.default(100),
      retireDelaySeconds: seconds.default(300),
      pauseBeforeSwitch: z.boolean().default(false),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxErrorRate: z.number().min(0).max(1).default(DEFAULT_LIMITS.maxErrorRate),
      maxP99Ms: z.number().positive().default(DEFAULT_LIMITS.maxP99Ms),
      maxP50Ratio: z.number().min(1).default(DEFAULT_LIMITS.maxP50Ratio),
      minP50DifferenceMs: z.number().min(0).default(DEFAULT_LIMITS.minP50DifferenceMs),
    })
    .prefault({}),
  traffic: z
    .strictObject({
      service: z.string(),
      requestsPerSecond: z.number().min(0).max(10_000),
      maxResources: z.int().min(1).max(10_000).default(50),
      operations: z.array(operationSchema).min(1),
    })
    .optional()
    .describe('Sent by the rollout itself, for an environment without users'),
});

/** An environment as its file describes it, with every default filled in. */
export type EnvironmentFile = Readonly<z.infer<typeof environmentSchema>>;
export type ServiceDefinition = EnvironmentFile['services'][number];

/** Reads an environment file; all that is wrong with it is reported together. */
export async function readEnvironmentFile(file: string): Promise<EnvironmentFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DeployError('ENVIRONMENT_FILE_MISSING', `there is no environment file ${file}`, {
      cause,
      next: 'name one with --environment, or copy tools/deploy/environments/local.json',
    });
  });
  return parseEnvironmentFile(file, text);
}

export function parseEnvironmentFile(file: string, text: string): EnvironmentFile {
  const result = environmentSchema.safeParse(parseJson(file, text));
  if (!result.success) throw invalid(file, z.prettifyError(result.error));
  const { services, traffic } = result.data;
  const names = services.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid(file, 'two services have the same name');
  if (traffic && !names.includes(traffic.service)) {
    throw invalid(file, `traffic goes to ${traffic.service}, which is no service of this file`);
  }
  return result.data;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(file, (error as Error).message);
  }
}

function invalid(file: string, problems: string): DeployError {
  return new DeployError('ENVIRONMENT_FILE_INVALID', `${file}:\n${problems}`, {
    next: 'mend the file; its fields are described in docs/deployment/environment-file.md',
  });
}
