import { parseTaskHash, parseTrustScope, type ArtifactRecord } from '@prompt-card/cache';
import { z } from 'zod';
import type { ServerKey } from './server-key.ts';

/** A record and the file that holds its body: what an entry on disk says. */
export interface Entry {
  readonly record: ArtifactRecord;
  readonly blob: string;
}

const entrySchema = z.strictObject({
  scope: z.string().transform((text, ctx) => parseTrustScope(text) ?? refuse(ctx, 'scope')),
  hash: z.string().transform((text, ctx) => parseTaskHash(text) ?? refuse(ctx, 'hash')),
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.number(),
  principal: z.string(),
  run: z.string().nullable(),
  blob: z.string().regex(/^[0-9]+-[0-9a-f]{24}\.blob$/),
  signature: z.string(),
});

/** The entry as text, signed so that an edit on disk is noticed. */
export function encodeEntry(entry: Entry, key: ServerKey): string {
  const { scope, hash, size, sha256, createdAt, principal, run } = entry.record;
  const fields = { scope, hash, size, sha256, createdAt, principal, run, blob: entry.blob };
  return `${JSON.stringify({ ...fields, signature: key.sign(signedText(entry)) })}\n`;
}

/** The entry in `text`, or `undefined` when it is damaged or was not written with `key`. */
export function decodeEntry(text: string, key: ServerKey): Entry | undefined {
  const parsed = entrySchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { signature, blob, ...record } = parsed.data;
  const entry = { record, blob };
  return key.verify(signedText(entry), signature) ? entry : undefined;
}

function signedText({ record, blob }: Entry): string {
  const { scope, hash, size, sha256, createdAt, principal, run } = record;
  return JSON.stringify([scope, hash, size, sha256, createdAt, principal, run, blob]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way to be damaged; the schema refuses `undefined`.
    return undefined;
  }
}

function refuse(ctx: z.RefinementCtx, what: string): never {
  ctx.addIssue({ code: 'custom', message: `not a ${what}` });
  return z.NEVER;
}
