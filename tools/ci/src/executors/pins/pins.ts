import fs from 'node:fs';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { applyPins, checkPins, usesIn } from '../../pinning/check-pins.ts';
import { pinFiles } from '../../pinning/pin-files.ts';
import { type PinLock, readPinLock, writePinLock } from '../../pinning/pin-lock.ts';
import { resolvePin } from '../../pinning/resolve-pin.ts';
import { translate } from '../translate.ts';

interface PinsOptions {
  readonly fill?: boolean;
  readonly online?: boolean;
  readonly root: string;
  readonly server: string;
}

export default function pins(options: PinsOptions, context: ExecutorContext) {
  return translate(async () => {
    const root = path.resolve(context.root, options.root);
    if (options.fill === true) await fill(root, options.server);
    const lock = readPinLock(root);
    const uses = pinFiles(root).flatMap((file) =>
      usesIn(file, fs.readFileSync(path.join(root, file), 'utf8')),
    );
    const problems = checkPins(uses, lock);
    if (options.online === true) problems.push(...(await moved(lock, options.server)));
    const open = Object.entries(lock.actions).filter(([, pin]) => pin.commit === null);
    for (const problem of problems) console.log(problem);
    for (const [name, pin] of open) console.log(`${name} ${pin.version}: commit not looked up yet`);
    console.log(`${uses.length} uses, ${problems.length} problems, ${open.length} commits unknown`);
    return problems.length === 0;
  });
}

async function fill(root: string, server: string): Promise<void> {
  const lock = readPinLock(root);
  const actions: PinLock['actions'] = {};
  for (const [name, { version }] of Object.entries(lock.actions)) {
    actions[name] = { version, commit: await resolvePin(server, name, version) };
  }
  writePinLock(root, { actions });
  for (const file of pinFiles(root)) {
    const before = fs.readFileSync(path.join(root, file), 'utf8');
    const after = applyPins(before, { actions });
    if (after !== before) fs.writeFileSync(path.join(root, file), after);
  }
}

/** Tags that no longer name the locked commit: an update, or something worse. */
async function moved(lock: PinLock, server: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, { version, commit }] of Object.entries(lock.actions)) {
    const now = await resolvePin(server, name, version);
    if (commit !== null && now !== commit) {
      problems.push(`${name} ${version} is at ${now} now, the lock at ${commit}`);
    }
  }
  return problems;
}
