import { DeployError } from '../deploy-error.ts';
import type { EnvironmentFile } from '../environment/environment-file.ts';

/** Finds out before a rollout, and not in its middle, that a webhook could not be signed. */
export function checkSecrets(
  { hooks, notifications }: Pick<EnvironmentFile, 'hooks' | 'notifications'>,
  variables: Readonly<Record<string, string | undefined>>,
): void {
  const missing = [...hooks, ...notifications].flatMap(({ name, webhook }) =>
    webhook?.secretVariable !== undefined && !variables[webhook.secretVariable]
      ? [`${webhook.secretVariable} (for ${name})`]
      : [],
  );
  if (missing.length === 0) return;
  throw new DeployError('SECRET_MISSING', `not set: ${missing.join(', ')}`, {
    next: 'set the variable, or remove the webhook from the environment file',
  });
}
