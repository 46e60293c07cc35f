import type { DeployOptions } from '../rollout/deploy-release.ts';
import type { EnvironmentOption } from '../command.ts';
import { DeployError } from '../deploy-error.ts';

/** The options that canary and blue-green share, as their schema.json files describe them. */
export interface CommonDeployOptions extends EnvironmentOption {
  readonly dryRun?: boolean;
  readonly takeOver?: boolean;
  readonly onInconclusive?: 'pause' | 'rollback';
  readonly reason?: string;
  readonly requestsPerSecond?: number;
  readonly fault?: string;
  readonly acceptDrift?: boolean;
  readonly forgetOlder?: boolean;
  readonly breakGlass?: string;
}

export function deployOptions(options: CommonDeployOptions): DeployOptions {
  return {
    dryRun: options.dryRun ?? false,
    takeOver: options.takeOver ?? false,
    onInconclusive: options.onInconclusive ?? 'pause',
    reason: options.reason ?? 'no reason given',
    requestsPerSecond: options.requestsPerSecond,
    acceptDrift: options.acceptDrift ?? false,
    forgetOlder: options.forgetOlder ?? false,
    breakGlass: options.breakGlass,
    variables: options.fault ? { FAULT: options.fault } : {},
  };
}

/** `5,25,50` as numbers; what they may be is checked where the plan is made. */
export function parseWeights(weights: string | number | undefined): readonly number[] | undefined {
  if (weights === undefined || weights === '') return undefined;
  return String(weights)
    .split(',')
    .map((word) => {
      const weight = Number(word);
      if (word.trim() !== '' && Number.isFinite(weight)) return weight;
      throw new DeployError('OPTION_INVALID', `--weights: "${word}" is no number`, {
        next: 'give percentages like --weights=5,25,50',
      });
    });
}
