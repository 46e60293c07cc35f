/**
 * Exchanges the CI job's own identity for a token of the cache, where the job has one: a workflow with
 * `id-token: write`, never a fork's pull request. Returns `undefined` when there is none to be had.
 *
 * @param {string} server
 * @param {Record<string, string | undefined>} environment
 * @param {number} timeoutMs
 * @returns {Promise<string | undefined>}
 */
export async function exchangeIdentity(server, environment, timeoutMs) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = environment;
  const audience = environment.REMOTE_CACHE_AUDIENCE;
  if (!ACTIONS_ID_TOKEN_REQUEST_URL || !ACTIONS_ID_TOKEN_REQUEST_TOKEN || !audience) {
    return undefined;
  }
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const identityUrl = new URL(ACTIONS_ID_TOKEN_REQUEST_URL);
    identityUrl.searchParams.set('audience', audience);
    const identity = await postable(
      await fetch(identityUrl, {
        headers: { authorization: `Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN}` },
        signal,
      }),
    );
    const exchanged = await postable(
      await fetch(`${server.replace(/\/+$/, '')}/token`, {
        method: 'POST',
        headers: { authorization: `Bearer ${identity.value}` },
        signal,
      }),
    );
    return exchanged.token;
  } catch (error) {
    console.error(`remote cache: no token for this job's identity: ${error.message}`);
    return undefined;
  }
}

/** @param {Response} response */
async function postable(response) {
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  return response.json();
}
