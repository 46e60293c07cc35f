import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_LIMITS } from '@prompt-card/rollout';
import { z } from 'zod';
import { DeployError } from '../deploy-error.ts';
import { freezeWindowSchema } from './freeze-schema.ts';
import { hookSchema, notificationSchema } from './hook-schema.ts';

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
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('Small letters, digits and hyphens'),
  artifact: relativePath.describe('Folder that the build leaves, relative to the workspace'),
  args: z
    .array(z.string())
    .min(1)
    .describe('Arguments to Node; the first is a path in the artifact'),
  migrateArgs: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Arguments to Node that apply the migrations and end'),
  migrationsArgs: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Arguments to Node that list the migrations and change nothing'),
  port: port.describe('Where the load balancer listens for this service; taken: another free one'),
  healthPath: z.string().startsWith('/').describe('200 when a revision can serve'),
  probePath: z.string().startsWith('/').describe('What the load balancer asks all the time'),
  smokePath: z.string().startsWith('/').describe('Must answer 2xx before a revision gets traffic'),
  environment: z
    .record(z.string(), z.string())
    .describe('`{databaseUrl}`, `{revision}`, `{colour}` and `{url:<service>}` are filled in'),
});

const operationSchema = z.strictObject({
  name: z.string().describe('For the report'),
  weight: z.number().positive().describe('How often, relative to the other operations'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).describe('HTTP method'),
  path: z.string().startsWith('/').describe('`{id}` is a resource made before'),
  body: z
    .unknown()
    .optional()
    .describe('JSON; `{n}` counts up, `{version}` is the resource’s version'),
  headers: z.record(z.string(), z.string()).optional().describe('Sent with the request'),
  creates: z.boolean().optional().describe('Its answer is a resource that others may use'),
  removes: z.boolean().optional().describe('The resource is not used again'),
});

/** Every field has a description: docs/deployment/environment-file.md lists them. */
export const environmentSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; not read'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('Small letters, digits and hyphens'),
  folder: relativePath.describe('Everything that the environment keeps'),
  database: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .optional()
    .describe('Name in the environment’s own PostgreSQL, which is started only if there is one'),
  router: z
    .enum(['embedded', 'haproxy'])
    .default('embedded')
    .describe('What splits the traffic: the embedded load balancer, or the machine’s HAProxy'),
  services: z.array(serviceSchema).min(1).describe('In the order in which they are rolled out'),
  times: z
    .strictObject({
      healthTimeoutSeconds: seconds
        .default(60)
        .describe('A started revision must be healthy within this time'),
      proofMinSamples: samples
        .default(200)
        .describe('Requests that a share is measured on; 0 believes the router'),
      proofTimeoutSeconds: seconds.default(60).describe('For that measurement'),
      drainQuietSeconds: seconds
        .default(30)
        .describe('A revision is stopped once it has had no request for this long'),
      drainTimeoutSeconds: seconds.default(300).describe('After this the drain has failed'),
    })
    .prefault({})
    .describe('Waits that all strategies share'),
  canary: z
    .strictObject({
      stages: z
        .array(
          z.strictObject({
            weight: z.int().min(1).max(99).describe('Percent of the first service’s requests'),
            seconds: seconds.describe('How long the revisions are compared at this weight'),
            minSamples: samples
              .default(100)
              .describe('With fewer requests the stage has no verdict'),
            pauseAfter: z.boolean().optional().describe('Then wait for `deploy:promote`'),
          }),
        )
        .default([
          { weight: 5, seconds: 300, minSamples: 100 },
          { weight: 25, seconds: 600, minSamples: 100 },
          { weight: 50, seconds: 900, minSamples: 100 },
        ])
        .describe('Ascending; 100 % follows by itself'),
    })
    .prefault({})
    .describe('See [canary](canary.md)'),
  blueGreen: z
    .strictObject({
      smokeAttempts: z
        .int()
        .min(1)
        .default(10)
        .describe('Tries until the preview must have answered'),
      smokeIntervalSeconds: seconds.default(30).describe('Between two tries'),
      bakeSeconds: seconds
        .default(300)
        .describe('How long the new revision is watched after the switch'),
      bakeMinSamples: samples.default(100).describe('With fewer requests the bake has no verdict'),
      retireDelaySeconds: seconds
        .default(300)
        .describe('The old revision stays warm for at least this long after the bake'),
      pauseBeforeSwitch: z
        .boolean()
        .default(false)
        .describe('Wait for a person once the preview is ready'),
    })
    .prefault({})
    .describe('See [blue-green](blue-green.md)'),
  limits: z
    .strictObject({
      maxErrorRate: z
        .number()
        .min(0)
        .max(1)
        .default(DEFAULT_LIMITS.maxErrorRate)
        .describe('Share of failed requests that a revision may have, 0 to 1'),
      maxP99Ms: z
        .number()
        .positive()
        .default(DEFAULT_LIMITS.maxP99Ms)
        .describe(
          'Limit of the 99th percentile, in milliseconds, unless the old revision breaks it too',
        ),
      maxP50Ratio: z
        .number()
        .min(1)
        .default(DEFAULT_LIMITS.maxP50Ratio)
        .describe('The median may be this many times the old revision’s'),
      minP50DifferenceMs: z
        .number()
        .min(0)
        .default(DEFAULT_LIMITS.minP50DifferenceMs)
        .describe('Smaller differences of the medians are never held against it'),
    })
    .prefault({})
    .describe('What an analysis holds against a revision'),
  freezeWindows: z
    .array(freezeWindowSchema)
    .default([])
    .describe('When nothing new goes out without `--break-glass`'),
  hooks: z.array(hookSchema).default([]).describe('Called before, during and after steps'),
  notifications: z
    .array(notificationSchema)
    .default([])
    .describe('Told of the rollout; their failure never changes it'),
  traffic: z
    .strictObject({
      service: z.string().describe('A service of this file'),
      requestsPerSecond: z.number().min(0).max(10_000).describe('Evenly spaced'),
      maxResources: z
        .int()
        .min(1)
        .max(10_000)
        .default(50)
        .describe('How many created resources are remembered'),
      operations: z.array(operationSchema).min(1).describe('What is requested'),
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
  const { services, traffic, hooks, notifications } = result.data;
  const names = services.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid(file, 'two services have the same name');
  const calls = [...hooks, ...notifications].map(({ name }) => name);
  if (new Set(calls).size < calls.length) throw invalid(file, 'two hooks have the same name');
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
