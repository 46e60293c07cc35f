import type { Grant } from '@prompt-card/cache';

/** Who sent a request, as its token says. */
export interface Identity {
  readonly grant: Grant;
  /** `token:<id>` or `github:<repository>#<session>`. */
  readonly principal: string;
  readonly run: string | null;
  /** Milliseconds since the Unix epoch at which the token ends by itself. */
  readonly expiresAt: number | null;
}
