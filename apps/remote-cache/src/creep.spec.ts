import { NxWorkspace } from './testing/nx-workspace.ts';
import { startRig, type Rig } from './testing/rig.ts';

/**
 * CREEP (CVE-2025-36852), played with the real Nx client in two real clones: a pull request changes only
 * what is no input of the task, so its hash is main's, and its build writes to the cache first.
 */
const CLEAN = 'mkdir -p $1/dist && echo clean > $1/dist/out.txt\n';
const POISON = 'mkdir -p $1/dist && echo poison > $1/dist/out.txt\n';

let rig: Rig;
let workspace: NxWorkspace;

beforeEach(async () => {
  rig = await startRig();
  workspace = NxWorkspace.create(['app'], CLEAN);
});
afterEach(async () => {
  workspace.remove();
  await rig.close();
});

/** The attacker's build first, then main's, then a fresh clone of the pull request. */
async function play(tokens: { readonly attacker: string; readonly main: string }) {
  const attacker = workspace.clone('attacker');
  attacker.write('tools/compile.sh', POISON);
  const attack = await attacker.build({ server: rig.url, token: tokens.attacker });
  const main = workspace.clone('main');
  const built = await main.build({ server: rig.url, token: tokens.main });
  expect([attack.code, built.code]).toEqual([0, 0]);
  expect(attack.tasks[0]?.hash).toBe(built.tasks[0]?.hash);
  return { attack, built, output: main.read('packages/app/dist/out.txt').trim() };
}

describe('a pull request that writes first under main’s hash', () => {
  it('poisons main where both share one trusted token: the attack is real', async () => {
    const token = rig.token('trusted');
    const { built, output } = await play({ attacker: token, main: token });
    expect(built.tasks[0]?.cacheStatus).toBe('remote-cache-hit');
    expect(output).toBe('poison');
  }, 60_000);

  it('does not reach main where its token is a pull request’s: main misses and builds its own', async () => {
    const pullRequest = rig.token('pr-12');
    const { built, output } = await play({ attacker: pullRequest, main: rig.token('trusted') });
    expect(built.tasks[0]?.cacheStatus).toBe('cache-miss');
    expect(output).toBe('clean');

    // What main built now stands before the pull request's own entry, for the pull request too.
    const again = workspace.clone('again');
    again.write('tools/compile.sh', POISON);
    const rerun = await again.build({ server: rig.url, token: pullRequest });
    expect(rerun.tasks[0]?.cacheStatus).toBe('remote-cache-hit');
    expect(again.read('packages/app/dist/out.txt').trim()).toBe('clean');
  }, 60_000);
});
