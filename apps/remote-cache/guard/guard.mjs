#!/usr/bin/env node
/**
 * Keeps builds independent of the remote cache. Needs Node alone, so that it runs in a fresh clone.
 *
 *     guard.mjs check            health only: exports NX_SKIP_REMOTE_CACHE=true unless the server is well
 *     guard.mjs run -- COMMAND   the command behind a shield that covers the whole run
 *     guard.mjs start | stop     a shield in the background, for CI jobs whose steps are separate
 *
 * `check` and `start` print `NAME=value` lines, and append them to the file in GITHUB_ENV when there is
 * one, together with the token, which is never printed. No trouble with the cache ends in a non-zero exit; `run` exits as its command does.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkHealth } from './health.mjs';
import { exchangeIdentity } from './identity.mjs';
import { startShield } from './shield.mjs';

const SERVER = 'NX_SELF_HOSTED_REMOTE_CACHE_SERVER';
const TOKEN = 'NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN';
const SKIP = { NX_SKIP_REMOTE_CACHE: 'true' };
const IDLE_EXIT_MS = 30 * 60_000;
const timeoutMs = Number(process.env.REMOTE_CACHE_HEALTH_TIMEOUT_MS ?? 3000);
const limits = process.env.REMOTE_CACHE_SHIELD_LIMITS
  ? JSON.parse(process.env.REMOTE_CACHE_SHIELD_LIMITS)
  : undefined;
const say = (line) => console.error(line);

/** Where a background shield leaves its pid; one for each working folder, so that jobs do not meet. */
const folderId = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 16);
const runFolder = join(tmpdir(), `remote-cache-shield-${process.getuid?.() ?? 'user'}-${folderId}`);
const pidFile = join(runFolder, 'pid');

/** What the environment must become for the cache to be used safely, and the server behind it. */
async function prepare() {
  const server = process.env[SERVER];
  if (!server) return { environment: {}, server: undefined };
  if (process.env.NX_SKIP_REMOTE_CACHE === 'true') return { environment: SKIP, server: undefined };
  const health = await checkHealth(server, timeoutMs);
  if (!health.healthy) {
    say(`remote cache: ${server} is not used: ${health.reason}`);
    return { environment: SKIP, server: undefined };
  }
  const exchanged = await exchangeIdentity(server, process.env, timeoutMs);
  const token = exchanged ?? process.env[TOKEN];
  if (!token) {
    say('remote cache: not used: there is no token');
    return { environment: SKIP, server: undefined };
  }
  if (exchanged && process.env.GITHUB_ACTIONS) console.log(`::add-mask::${exchanged}`);
  // A later step of the job knows only what this one exports.
  const forJob = exchanged || process.env.GITHUB_ENV;
  return { environment: forJob ? { [TOKEN]: token } : {}, server };
}

function exportToJob(environment) {
  const lines = (entries) => entries.map(([name, value]) => `${name}=${value}\n`).join('');
  const entries = Object.entries(environment);
  process.stdout.write(lines(entries.filter(([name]) => name !== TOKEN)));
  if (process.env.GITHUB_ENV) appendFileSync(process.env.GITHUB_ENV, lines(entries));
}

async function check() {
  exportToJob((await prepare()).environment);
}

async function run(command) {
  if (command.length === 0) {
    say('use: guard.mjs run -- COMMAND');
    return 64;
  }
  const { environment, server } = await prepare();
  const shield = server && (await startShield({ server, limits, log: say }));
  const child = spawn(command[0], command.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, ...environment, ...(shield && { [SERVER]: shield.url }) },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${command[0]}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (exitCode, signal) => resolve(signal ? 128 : exitCode));
  });
  if (shield) {
    say(`remote cache: ${summary(shield.counts)}`);
    await shield.close();
  }
  return code;
}

async function start() {
  const { environment, server } = await prepare();
  if (!server) return exportToJob(environment);
  stop();
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'background'], {
    detached: true,
    stdio: ['ignore', 'ignore', openSync(join(runFolder, 'log'), 'a', 0o600), 'ipc'],
    env: { ...process.env, [SERVER]: server },
  });
  const url = await new Promise((resolve) => {
    child.once('message', resolve);
    child.once('exit', () => resolve(undefined));
  });
  child.unref();
  if (child.connected) child.disconnect();
  exportToJob(url ? { ...environment, [SERVER]: url } : SKIP);
}

async function background() {
  const shield = await startShield({ server: process.env[SERVER], limits, log: say });
  writeFileSync(pidFile, String(process.pid), { mode: 0o600 });
  const end = async () => {
    say(`remote cache: ${summary(shield.counts)}`);
    await shield.close();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  // Whoever forgets to stop it, or cannot, leaves nothing behind for longer than this.
  setInterval(() => {
    if (Date.now() - shield.lastRequestAt > IDLE_EXIT_MS) end();
  }, 60_000).unref();
  process.send?.(shield.url);
}

function stop() {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  } catch (error) {
    // None was started, or it has ended by itself.
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  }
  rmSync(pidFile, { force: true });
}

function summary({ hits, misses, stored, refused, failures }) {
  return `${hits} hits, ${misses} misses, ${stored} stored, ${refused} refused, ${failures} failures`;
}

const [command, ...rest] = process.argv.slice(2);
const commands = {
  check,
  run: () => run(rest[0] === '--' ? rest.slice(1) : rest),
  start,
  stop,
  background,
};
if (!Object.hasOwn(commands, command ?? '')) {
  say('use: guard.mjs check | run -- COMMAND | start | stop');
  process.exitCode = 64;
} else {
  process.exitCode = (await commands[command]()) ?? 0;
}
