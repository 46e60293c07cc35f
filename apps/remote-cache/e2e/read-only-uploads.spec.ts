import { NxWorkspace } from '../src/testing/nx-workspace.ts';
import { startRig } from '../src/testing/rig.ts';

/** Ten runs of ten tasks whose outputs do not compress: a hundred refused uploads of 64 MiB. */
const COMPILE = 'mkdir -p $1/dist && head -c 67108864 /dev/urandom > $1/dist/out.bin\n';
const PROJECTS = Array.from({ length: 10 }, (_, n) => `large-${n}`);

it('the real client survives a hundred uploads of 64 MiB with a token that only reads', async () => {
  const rig = await startRig();
  try {
    const token = rig.token('trusted', 'read-only');
    for (let turn = 0; turn < 10; turn++) {
      const workspace = NxWorkspace.create(PROJECTS, COMPILE);
      const run = await workspace.clone('clone').build({ server: rig.url, token });
      workspace.remove();
      expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({
        code: 0,
        output: '',
      });
    }
    const metrics = await (await fetch(`${rig.url}/metrics`)).text();
    expect(metrics).toMatch(/remote_cache_refusals_total\{reason="read-only"\} 100$/m);
  } finally {
    await rig.close();
  }
}, 900_000);
