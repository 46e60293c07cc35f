import { parseTrustScope, type TrustScope } from '@prompt-card/cache';
import type { ServerKey } from '@prompt-card/storage';
import { z } from 'zod';
import type { Identity } from './identity.ts';

const sessionSchema = z.strictObject({
  id: z.string(),
  scope: z.custom<TrustScope>((value) => typeof value === 'string' && !!parseTrustScope(value)),
  mode: z.enum(['read-write', 'read-only']),
  principal: z.string(),
  run: z.string(),
  expiresAt: z.number(),
});

/** What an exchanged token says: it is signed and not stored, so it survives a restart of the server. */
export type Session = z.infer<typeof sessionSchema>;

export function encodeSession(session: Session, key: ServerKey): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `pcs_${payload}.${key.sign(signedText(payload))}`;
}

/** The session that `token` proves, or `undefined`; its end and its revocation are the caller's to check. */
export function decodeSession(token: string, key: ServerKey): Session | undefined {
  const [, payload, signature] = /^pcs_([\w-]+)\.([\w-]+)$/.exec(token) ?? [];
  if (!payload || !signature || !key.verify(signedText(payload), signature)) return undefined;
  return sessionSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
}

export function identityOf(session: Session): Identity {
  const { scope, mode, principal, run, expiresAt, id } = session;
  return { grant: { scope, mode }, principal: `${principal}#${id}`, run, expiresAt };
}

/** The key signs artifact records too: the prefix keeps the one from ever passing for the other. */
function signedText(payload: string): string {
  return `session:${payload}`;
}
