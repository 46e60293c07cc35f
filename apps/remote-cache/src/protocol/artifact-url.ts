import { parseTaskHash, type TaskHash } from '@prompt-card/cache';

/**
 * The hash in `/v1/cache/<hash>`, or `undefined`. The path is matched as it was sent and never decoded,
 * so no encoding of a dot, a slash or a null byte gets anywhere. A server address that ends in a slash
 * makes Nx ask for `//v1/cache/…`.
 */
export function hashInUrl(url: string): TaskHash | undefined {
  const match = /^\/{1,2}v1\/cache\/([^/?#]{1,128})$/.exec(url);
  return match?.[1] === undefined ? undefined : parseTaskHash(match[1]);
}

/** Whether the address is the protocol's at all, so that a bad hash gets the protocol's refusal. */
export function isArtifactUrl(url: string): boolean {
  return /^\/{1,2}v1\/cache(?:\/|$)/.test(url);
}
