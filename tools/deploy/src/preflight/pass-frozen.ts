import { systemClock } from '@prompt-card/local';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { openWindows } from '../freeze/open-windows.ts';
import { type Overrulings, passFreeze } from './permission.ts';

/** Whether something new may go out now; what is overruled for it, for the audit log. */
export function passFrozen(
  { file }: LocalEnvironment,
  overrulings: Pick<Overrulings, 'breakGlass'>,
): readonly string[] {
  return passFreeze(file.name, openWindows(file.freezeWindows, systemClock.now()), overrulings);
}
