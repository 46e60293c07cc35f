import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const nowhere = /^0+$/;

/**
 * The commits between which a run looks for changes: NX_BASE and NX_HEAD. The first push of a
 * branch and events without a range compare the head with the commit before it.
 * @param {string} event
 * @param {any} payload
 * @param {string} sha
 */
export function commitRange(event, payload, sha) {
  const base =
    payload.pull_request?.base?.sha ?? payload.merge_group?.base_sha ?? payload.before ?? '';
  const head = event === 'merge_group' ? (payload.merge_group?.head_sha ?? sha) : sha;
  return { NX_BASE: base === '' || nowhere.test(base) ? `${head}~1` : base, NX_HEAD: head };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_SHA, GITHUB_ENV } = process.env;
  const payload = JSON.parse(fs.readFileSync(GITHUB_EVENT_PATH, 'utf8'));
  const range = commitRange(GITHUB_EVENT_NAME, payload, GITHUB_SHA);
  const lines = Object.entries(range).map(([name, value]) => `${name}=${value}\n`);
  fs.appendFileSync(GITHUB_ENV, lines.join(''));
  console.log(lines.join('').trimEnd());
}
