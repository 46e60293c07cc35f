import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Nx waits for a cache server without end and aborts when it is down, so it is asked first. */
const timeLimitMs = 2000;

/**
 * Whether the cache answers a read as Nx needs it: 200 or 404, soon.
 * @param {string} server
 * @param {string} token
 */
export async function isHealthy(server, token, limitMs = timeLimitMs) {
  try {
    const response = await fetch(`${server}/v1/cache/0`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(limitMs),
    });
    await response.body?.cancel();
    return response.status === 200 || response.status === 404;
  } catch {
    // Down, slow or wrong: all mean that this run goes without.
    return false;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { REMOTE_CACHE_SERVER = '', REMOTE_CACHE_TOKEN = '', GITHUB_ENV } = process.env;
  // A trailing slash would make Nx ask for //v1/cache.
  const server = REMOTE_CACHE_SERVER.replace(/\/+$/, '');
  if (server === '') console.log('no remote cache');
  else if (await isHealthy(server, REMOTE_CACHE_TOKEN)) {
    console.log(`::add-mask::${REMOTE_CACHE_TOKEN}`);
    fs.appendFileSync(
      GITHUB_ENV,
      `NX_SELF_HOSTED_REMOTE_CACHE_SERVER=${server}\nNX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN=${REMOTE_CACHE_TOKEN}\n`,
    );
    console.log(`remote cache ${server}`);
  } else
    console.log(`::warning::the remote cache ${server} does not answer; this run goes without`);
}
