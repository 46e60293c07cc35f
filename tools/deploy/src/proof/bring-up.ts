import { startSteadyClients } from './steady-clients.ts';
import type { TinyWorkspace } from './tiny-workspace.ts';

/**
 * Brings an environment up and lets `install` roll out its first release, which needs requests to be measured
 * on: their clients fail as long as nothing is there, and are not those that count later. Resolves with the
 * address of the service.
 */
export async function bringUp(
  { environment }: TinyWorkspace,
  install: () => Promise<void>,
): Promise<string> {
  const { urls } = await environment.up(() => undefined);
  const url = urls['backend'];
  if (url === undefined) throw new Error('the load balancer does not listen for the service');
  const clients = startSteadyClients(url);
  try {
    await install();
    return url;
  } finally {
    await clients.stop();
  }
}
