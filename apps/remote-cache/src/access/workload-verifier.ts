import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { judgeWorkload, type Grant, type WorkloadPolicy } from '@prompt-card/cache';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';

export interface WorkloadVerifierOptions {
  /** `https://token.actions.githubusercontent.com`, or a GitHub Enterprise server's. */
  readonly issuer: string;
  readonly audience: string;
  readonly policy: WorkloadPolicy;
  /** Remembers which identity tokens were used, over restarts. */
  readonly usedFile: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** What an identity token earned. */
export type Exchange =
  | {
      readonly kind: 'granted';
      readonly grant: Grant;
      readonly principal: string;
      readonly run: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const claimsSchema = z.object({
  jti: z.string().min(1),
  exp: z.number(),
  repository: z.string(),
  repository_id: z.string(),
  ref: z.string(),
  event_name: z.string(),
  job_workflow_ref: z.string(),
  run_id: z.string(),
});

/**
 * Checks GitHub's identity tokens: signature and dates by `jose` against the issuer's published keys
 * (cached, and fetched again when an unknown key is named), the claims by the policy, and that each is
 * used once.
 */
export class WorkloadVerifier {
  readonly #options: WorkloadVerifierOptions;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #used: Map<string, number>;

  constructor(options: WorkloadVerifierOptions) {
    this.#options = options;
    const address = new URL(`${options.issuer.replace(/\/$/, '')}/.well-known/jwks`);
    this.#keys = createRemoteJWKSet(address, { cooldownDuration: 5_000, timeoutDuration: 5_000 });
    this.#used = loadUsed(options.usedFile, options.now());
  }

  async exchange(token: string): Promise<Exchange> {
    let payload: JWTPayload;
    try {
      const { issuer, audience, now } = this.#options;
      const verified = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: ['RS256'],
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'iat', 'jti'],
      });
      payload = verified.payload;
    } catch (error) {
      const code = error instanceof errors.JOSEError ? error.code : 'keys could not be fetched';
      return { kind: 'refused', reason: `the identity token is not valid: ${code}` };
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return { kind: 'refused', reason: 'claims are missing' };
    const verdict = judgeWorkload(claims.data, this.#options.policy);
    if (verdict.kind === 'refused') return verdict;
    if (!this.#use(claims.data.jti, claims.data.exp * 1000)) {
      return { kind: 'refused', reason: 'the identity token was used before' };
    }
    const principal = `github:${claims.data.repository}`;
    return { kind: 'granted', grant: verdict.grant, principal, run: claims.data.run_id };
  }

  #use(tokenId: string, expiresAt: number): boolean {
    if (this.#used.has(tokenId)) return false;
    for (const [id, end] of this.#used) if (end <= this.#options.now()) this.#used.delete(id);
    this.#used.set(tokenId, expiresAt);
    appendFileSync(this.#options.usedFile, `${JSON.stringify([tokenId, expiresAt])}\n`);
    return true;
  }
}

/** Also drops from the file what has expired since. */
function loadUsed(path: string, now: number): Map<string, number> {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const lineSchema = z.tuple([z.string(), z.number()]);
  const used = text.split('\n').flatMap((line) => {
    try {
      return [lineSchema.parse(JSON.parse(line))];
    } catch {
      // The last line of a killed server may be cut off; its token was never exchanged.
      return [];
    }
  });
  const valid = used.filter(([, expiresAt]) => expiresAt > now);
  writeFileSync(path, valid.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  return new Map(valid);
}
