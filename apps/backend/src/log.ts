import type { Writable } from 'node:stream';
import type { Config } from './config.ts';

/** Settings of the JSON log on standard output: one line per event, no bodies, no query strings. */
export function logSettings({ identity, logLevel }: Config, stream: Writable) {
  return {
    level: logLevel,
    base: { revision: identity.revision, colour: identity.colour },
    formatters: { level: (level: string) => ({ level }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: {
      // A search text is in the query, and headers carry credentials: neither is logged.
      req: (request: { method: string; url: string }) => ({
        method: request.method,
        path: request.url.split('?', 1)[0],
      }),
    },
    redact: ['err.config', 'databaseUrl'],
    stream,
  };
}

/**
 * Standard output, for as long as somebody reads it. pino's own writer retries for ever once a terminal
 * is gone (EIO), which blocks the shutdown; a service must outlive its log's reader.
 */
export function logStream(): Writable {
  process.stdout.on('error', () => undefined);
  return process.stdout;
}
