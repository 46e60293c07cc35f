import { type Rule, rules } from '@prompt-card/workflow';

/** What a report says about a rule besides the finding itself. */
export type RuleText = Pick<Rule, 'id' | 'severity' | 'why' | 'fix'>;

/** The checkers that are not ours, and the housekeeping of waivers. */
const others: readonly RuleText[] = [
  {
    id: 'unreadable-file',
    severity: 'error',
    why: 'A file beyond these bounds exists to exhaust whoever reads it; GitHub refuses it too.',
    fix: 'Split it, or write the repeated values out.',
  },
  {
    id: 'languageservice/error',
    severity: 'error',
    why: "GitHub's own parser refuses this: the workflow does not start, or starts without this part.",
    fix: 'Correct it as the message says.',
  },
  {
    id: 'actionlint',
    severity: 'error',
    why: 'actionlint checks types, contexts, globs, shells and known actions; what it finds fails or misleads at run time.',
    fix: 'Correct it as the message says; https://github.com/rhysd/actionlint/blob/main/docs/checks.md explains each kind.',
  },
  {
    id: 'expired-waiver',
    severity: 'error',
    why: 'A waiver is a promise with a date. The date has passed.',
    fix: 'Fix the finding, or renew the waiver with a new reason.',
  },
  {
    id: 'unused-waiver',
    severity: 'error',
    why: 'A waiver that holds nothing back hides the next finding of its kind.',
    fix: 'Delete it from .github/ci-lint.json.',
  },
];

export const ruleTexts: readonly RuleText[] = [...rules, ...others];

/** `actionlint/glob` is explained by `actionlint`. */
export function ruleText(id: string): RuleText {
  const exact = ruleTexts.find((rule) => rule.id === id);
  const family = ruleTexts.find((rule) => id.startsWith(`${rule.id}/`));
  return exact ?? family ?? { id, severity: 'error', why: '', fix: '' };
}

/** The page of a rule, relative to the repository. */
export const rulePage = (id: string): string =>
  `docs/workflow-rules/${ruleText(id).id.replace('/', '-')}.md`;
