import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Grant } from '@prompt-card/cache';
import type { Logger } from '@prompt-card/core';
import { issueToken, readTokens, writeTokens } from '../access/token-file.ts';
import { readServerConfig } from '../config.ts';
import { startServer, type RunningServer } from '../start-server.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A real server on a free port with a folder of its own, for one test. */
export interface Rig {
  readonly dir: string;
  readonly server: RunningServer;
  readonly url: string;
  readonly port: number;
  /** A new token's text. */
  token(scope: Grant['scope'], mode?: Grant['mode']): string;
  get(hash: string, token: string): Promise<Reply>;
  put(hash: string, token: string, body: string | Uint8Array): Promise<Reply>;
  /** Sends `text` as it is over one connection, and resolves with all that came until it closed. */
  raw(text: string | Buffer, options?: { untilMatch?: RegExp }): Promise<string>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function startRig(flags: readonly string[] = []): Promise<Rig> {
  const dir = mkdtempSync(join(tmpdir(), 'remote-cache-'));
  const config = readServerConfig(['--dir', dir, '--port', '0', ...flags], {});
  let server = await startServer(config, silent);
  const request = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const rig: Rig = {
    dir,
    get server() {
      return server;
    },
    get url() {
      return server.url;
    },
    get port() {
      return Number(new URL(server.url).port);
    },
    token(scope, mode = 'read-write') {
      const path = join(dir, 'tokens.json');
      const { text, record } = issueToken({ scope, mode }, 'spec', Date.now(), null);
      const { tokens, revokedSessions } = readTokens(path);
      writeTokens(path, { tokens: [...tokens, record], revokedSessions });
      return text;
    },
    get: (hash, token) =>
      request(`/v1/cache/${hash}`, { headers: { authorization: `Bearer ${token}` } }),
    put: (hash, token, body) =>
      request(`/v1/cache/${hash}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}` },
        body: body as RequestInit['body'],
      }),
    raw: (text, { untilMatch } = {}) =>
      new Promise((resolve) => {
        let received = '';
        const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
        socket.setEncoding('latin1');
        socket.on('data', (part: string) => {
          received += part;
          if (untilMatch?.test(received)) socket.destroy();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(received));
        socket.write(text);
      }),
    async restart() {
      await server.close();
      server = await startServer(config, silent);
    },
    async close() {
      await server.close();
      rmSync(dir, { recursive: true });
    },
  };
  return rig;
}

/** Resolves as soon as `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
