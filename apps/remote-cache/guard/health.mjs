import * as http from 'node:http';
import * as https from 'node:https';

/**
 * Whether `server` answers `GET /health` with 200 within `timeoutMs`, all in all: a connection that is
 * accepted and never answered must not hold a build up.
 *
 * @param {string} server
 * @param {number} timeoutMs
 * @returns {Promise<{ healthy: true } | { healthy: false, reason: string }>}
 */
export function checkHealth(server, timeoutMs) {
  return new Promise((resolve) => {
    const url = new URL(`${server.replace(/\/+$/, '')}/health`);
    const request = (url.protocol === 'https:' ? https : http).get(url, (response) => {
      response.resume();
      finish(response.statusCode === 200 ? undefined : `it answered ${response.statusCode}`);
    });
    const timer = setTimeout(() => finish(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.once('error', (error) => finish(error.message || error.code));

    /** @param {string | undefined} reason */
    function finish(reason) {
      clearTimeout(timer);
      request.on('error', () => undefined);
      request.destroy();
      resolve(reason === undefined ? { healthy: true } : { healthy: false, reason });
    }
  });
}
