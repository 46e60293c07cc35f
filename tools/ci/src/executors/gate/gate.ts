import { decideGate, needsSchema } from '@prompt-card/pipeline';
import { CiError } from '../../ci-error.ts';
import { addSummary, readGithubEnvironment } from '../../github-environment.ts';
import { translate } from '../translate.ts';

export default function gate(options: { readonly needs?: string }) {
  return translate(() => {
    const github = readGithubEnvironment(process.env);
    const verdict = decideGate(parseNeeds(options.needs ?? github.needs ?? ''));
    const head = verdict.passes ? 'ci-ok' : 'Not ok: docs/ci.md has a runbook for each failure';
    const text = [head, ...verdict.reasons.map((reason) => `- ${reason}`)].join('\n');
    addSummary(github.summaryFile, text);
    console.log(text);
    return Promise.resolve(verdict.passes);
  });
}

function parseNeeds(text: string) {
  try {
    return needsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CiError('CONFIG_INVALID', `'${text.slice(0, 80)}' is not toJSON(needs)`, {
      cause,
      next: 'set CI_NEEDS to ${{ toJSON(needs) }} in the gate job',
    });
  }
}
