import type { Rollout, Strategy } from '@prompt-card/rollout';

/** One step's verdict, in the words of the report. */
export interface AuditVerdict {
  readonly step: string;
  readonly outcome: string;
  readonly reason: string;
}

/** What happened to an environment. */
export type AuditEvent =
  | {
      readonly kind: 'started';
      readonly rollout: string;
      readonly strategy: Strategy;
      readonly reason: string;
      readonly release: readonly {
        readonly service: string;
        readonly from: string | undefined;
        readonly to: string | undefined;
      }[];
      /** What was overruled, in words: a freeze window, a drift, revisions that were given up. */
      readonly overruled: readonly string[];
    }
  /** Somebody else went on with it. */
  | { readonly kind: 'resumed'; readonly rollout: string }
  | {
      readonly kind: 'requested';
      readonly rollout: string;
      readonly request: 'promote' | 'abort';
      readonly reason: string;
      readonly overruled: readonly string[];
    }
  /** A command ended; the rollout may still wait for a person. */
  | {
      readonly kind: 'outcome';
      readonly rollout: string;
      readonly phase: Rollout['phase']['kind'];
      readonly reason: string;
      readonly verdicts: readonly AuditVerdict[];
      /** Hooks and notifications that failed without changing anything. */
      readonly unheeded: readonly string[];
    }
  /** A rollout that was not begun. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

/** An event, when it happened, and whose doing it was. */
export type AuditEntry = AuditEvent & {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
};
