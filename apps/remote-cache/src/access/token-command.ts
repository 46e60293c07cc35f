import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseTrustScope, revokeToken, rotateToken, tokenStanding } from '@prompt-card/cache';
import { RemoteCacheError } from '../remote-cache-error.ts';
import { issueToken, readTokens, writeTokens, type Tokens } from './token-file.ts';

const DAY_MS = 86_400_000;
const USAGE = `use: token create --label=NAME [--scope=trusted|pr-N] [--mode=read-only|read-write] [--days=N]
     token list
     token rotate ID [--overlap-minutes=N]
     token revoke ID`;

/** `token`: creates, lists, rotates and revokes tokens in the server's folder. */
export async function tokenCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { values, positionals } = parse(args);
  const path = join(
    values.dir ?? environment['REMOTE_CACHE_DIR'] ?? 'tmp/remote-cache',
    'tokens.json',
  );
  const tokens = readTokens(path);
  const now = Date.now();
  const [action = '', id = ''] = positionals;
  switch (action) {
    case 'create': {
      const scope = parseTrustScope(values.scope);
      const { mode } = values;
      if (!scope || (mode !== 'read-only' && mode !== 'read-write')) throw invalid('scope or mode');
      const expiresAt = values.days === undefined ? null : now + Number(values.days) * DAY_MS;
      if (Number.isNaN(expiresAt)) throw invalid('days');
      const { text, record } = issueToken({ scope, mode }, values.label, now, expiresAt);
      writeTokens(path, { ...tokens, tokens: [...tokens.tokens, record] });
      return printToken(record.id, text);
    }
    case 'list':
      return list(tokens, now);
    case 'rotate': {
      const old = find(tokens, id);
      const { scope, mode, label, expiresAt } = old;
      const lifetimeEnd = expiresAt === null ? null : now + (expiresAt - old.createdAt);
      const { text, record } = issueToken({ scope, mode }, label, now, lifetimeEnd);
      const overlapUntil = now + Number(values['overlap-minutes']) * 60_000;
      if (Number.isNaN(overlapUntil)) throw invalid('overlap-minutes');
      writeTokens(path, {
        ...tokens,
        tokens: rotateToken(tokens.tokens, id, record, overlapUntil),
      });
      console.log(`${id} ends ${new Date(overlapUntil).toISOString()}`);
      return printToken(record.id, text);
    }
    case 'revoke': {
      const isStored = tokens.tokens.some((token) => token.id === id);
      // An exchanged token is not stored: its id, from the audit log, is put on a list.
      const revokedSessions = isStored
        ? tokens.revokedSessions
        : [...tokens.revokedSessions, { id: checkedId(id), at: now }];
      writeTokens(path, { tokens: revokeToken(tokens.tokens, id, now), revokedSessions });
      console.log(`revoked ${id}; a running server takes it up within a second`);
      return;
    }
    default:
      throw new RemoteCacheError(
        'COMMAND_UNKNOWN',
        `there is no token ${action || 'command without an action'}`,
        {
          next: USAGE,
        },
      );
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        label: { type: 'string', default: '' },
        scope: { type: 'string', default: 'trusted' },
        mode: { type: 'string', default: 'read-only' },
        days: { type: 'string' },
        'overlap-minutes': { type: 'string', default: '60' },
      },
    });
  } catch (cause) {
    throw new RemoteCacheError('COMMAND_UNKNOWN', String(cause), { cause, next: USAGE });
  }
}

function find(tokens: Tokens, id: string) {
  const token = tokens.tokens.find((candidate) => candidate.id === id);
  if (!token) {
    throw new RemoteCacheError('TOKEN_UNKNOWN', `there is no token ${id}`, {
      next: 'nx run remote-cache:token list',
    });
  }
  return token;
}

function checkedId(id: string): string {
  if (/^[0-9a-f]{8}$/.test(id)) return id;
  throw new RemoteCacheError('TOKEN_UNKNOWN', `${id || 'nothing'} is not a token’s id`, {
    next: 'nx run remote-cache:token list, or the part after # in the audit log',
  });
}

function invalid(what: string): RemoteCacheError {
  return new RemoteCacheError('CONFIG_INVALID', `${what} is not valid`, { next: USAGE });
}

function printToken(id: string, text: string): void {
  console.log(`id     ${id}`);
  console.log(`token  ${text}`);
  console.log('This is the only time the token is shown.');
}

function list({ tokens }: Tokens, now: number): void {
  if (tokens.length === 0) return console.log('no tokens');
  for (const token of tokens) {
    const columns = [
      token.id,
      tokenStanding(token, now).padEnd(7),
      token.scope.padEnd(10),
      token.mode.padEnd(10),
      new Date(token.createdAt).toISOString().slice(0, 10),
      token.label,
    ];
    console.log(columns.join('  '));
  }
}
