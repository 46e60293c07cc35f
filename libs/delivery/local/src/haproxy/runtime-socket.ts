import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { LocalError } from '../errors.ts';
import { RUNTIME_SOCKET } from './haproxy-config.ts';

const TIMEOUT_MS = 10_000;
/** The kernel takes 108 bytes on Linux and 104 on macOS, and one of them ends the path. */
const MAX_PATH_BYTES = 100;
/** HAProxy reads a line of commands into one buffer of 16 KiB. */
const MAX_LINE_BYTES = 8_192;

/** Sends commands in their order and resolves with all that HAProxy answers. */
export async function runCommands(directory: string, commands: readonly string[]): Promise<string> {
  const file = path.join(directory, RUNTIME_SOCKET);
  if (Buffer.byteLength(file) <= MAX_PATH_BYTES) return runLines(file, commands);
  // The folder's path is too long for a socket's address; through a link it is short.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'haproxy-'));
  try {
    const link = path.join(folder, 'd');
    await symlink(directory, link);
    return await runLines(path.join(link, RUNTIME_SOCKET), commands);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runLines(file: string, commands: readonly string[]): Promise<string> {
  const answers: string[] = [];
  for (const line of lines(commands)) answers.push(await runLine(file, line));
  return answers.join('\n');
}

/** As many commands to a line as fit: HAProxy closes the connection after each line. */
function lines(commands: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (const command of commands) {
    const longer = result.length === 0 ? command : `${result.at(-1)};${command}`;
    if (Buffer.byteLength(longer) <= MAX_LINE_BYTES) result.splice(-1, 1, longer);
    else result.push(command);
  }
  return result;
}

function runLine(file: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(file, () => socket.write(`${line}\n`));
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(
        new LocalError('LOAD_BALANCER_UNREACHABLE', `no answer from HAProxy at ${file}`, {
          cause,
          next: 'check that it runs, and read haproxy.log beside the socket',
        }),
      );
    };
    socket.setTimeout(TIMEOUT_MS, () => fail(new Error(`silent for ${TIMEOUT_MS} ms`)));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', fail);
    socket.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}
