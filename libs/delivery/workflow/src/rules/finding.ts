import type { Position } from '../located.ts';
import type { Action, Workflow } from '../workflow.ts';

/** Something wrong at one place, before the report adds the rule's reason and fix. */
export interface Finding extends Position {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
}

/** Everything a rule may look at: all workflows and local actions of one repository. */
export interface Repository {
  readonly workflows: readonly Workflow[];
  /** By the path of their folder, as `uses: ./.github/actions/setup` names it. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Secrets that exist, when the repository says so; without the list nothing is undeclared. */
  readonly declaredSecrets?: readonly string[];
}

/** One check: why it matters and what to do instead; the page has a bad and a good example. */
export interface Rule {
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly why: string;
  readonly fix: string;
  check(repository: Repository): Iterable<Finding>;
}
