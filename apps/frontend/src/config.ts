import { z } from 'zod';

/** An unset variable and an empty one mean the same: `docker run -e NAME=` sets the latter. */
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

const environment = z.object({
  API_URL: setting(
    z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .default('http://127.0.0.1:3001'),
  ).describe('Where the backend answers; only its origin counts.'),
  REVISION: setting(z.string().default('dev')).describe('What was deployed.'),
  BACKEND_TIMEOUT_MS: setting(
    z
      .string()
      .regex(/^[1-9]\d{0,5}$/, 'must be a whole number of milliseconds')
      .transform(Number)
      .default(10_000),
  ).describe('How long the backend may take until it begins to answer.'),
});

/** What the server is told by its environment. The browser gets none of it. */
export interface ServerConfig {
  readonly apiUrl: URL;
  readonly revision: string;
  readonly backendTimeoutMs: number;
}

/** Reads the environment, or names everything that is wrong with it at once. */
export function readServerConfig(env: Readonly<Record<string, string | undefined>>): ServerConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new Error(`The frontend's environment is not usable:\n${z.prettifyError(parsed.error)}`);
  }
  return {
    apiUrl: new URL(parsed.data.API_URL),
    revision: parsed.data.REVISION,
    backendTimeoutMs: parsed.data.BACKEND_TIMEOUT_MS,
  };
}

let config: ServerConfig | undefined;

/** Read at the first use, not when the module loads: the build loads every module. */
export function serverConfig(): ServerConfig {
  config ??= readServerConfig(process.env);
  return config;
}
