import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@prompt-card/core';
import { issueToken, readTokens, writeTokens } from './access/token-file.ts';
import { readServerConfig, type ServerConfig } from './config.ts';
import { startServer } from './start-server.ts';

/** `serve`: runs until SIGTERM or SIGINT, then drains. SIGHUP reads the certificate again. */
export async function serve(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const config = readServerConfig(args, environment);
  const server = await startServer(config, consoleLogger);
  const clientFile = writeClientFile(config, server.url);
  console.log(`remote cache at ${server.url}, artifacts in ${config.dir}`);
  if (clientFile) console.log(`to use it in a shell: set -a; . ${clientFile}; set +a`);
  process.on('SIGHUP', () => server.reloadTls());
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await server.close();
}

/**
 * Without any configuration there is one token to begin with, written for the shell of whoever started
 * the server and readable by them alone. The server itself keeps only its digest.
 */
function writeClientFile(config: ServerConfig, url: string): string | undefined {
  const clientFile = join(config.dir, 'client.env');
  const tokenFile = join(config.dir, 'tokens.json');
  const { tokens, revokedSessions } = readTokens(tokenFile);
  if (tokens.length > 0) return existsSync(clientFile) ? clientFile : undefined;
  const grant = { scope: 'trusted', mode: 'read-write' } as const;
  const { text, record } = issueToken(grant, 'this machine', Date.now(), null);
  writeTokens(tokenFile, { tokens: [record], revokedSessions });
  const lines = [
    `NX_SELF_HOSTED_REMOTE_CACHE_SERVER=${url}`,
    `NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN=${text}`,
    '',
  ];
  writeFileSync(clientFile, lines.join('\n'), { mode: 0o600 });
  return clientFile;
}

const write = (level: string) => (fields: object, message?: string) => {
  const line = { time: new Date().toISOString(), level, ...(message && { message }), ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};
const consoleLogger: Logger = {
  debug: () => undefined,
  info: write('info'),
  warn: write('warn'),
  error: write('error'),
};
