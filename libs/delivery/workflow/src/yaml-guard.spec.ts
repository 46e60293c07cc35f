import { plan } from './testing/workflows.ts';
import { parseWorkflow } from './parse-workflow.ts';

const valid = "on: push\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}\n";

describe('hostile files', () => {
  it('refuses a billion laughs before anything expands it', async () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? 'l0: &l0 [lol]'
        : `l${i}: &l${i} [${Array(9)
            .fill(`*l${i - 1}`)
            .join(',')}]`,
    );
    await expect(parseWorkflow('w.yml', levels.join('\n'))).rejects.toMatchObject({
      code: 'WORKFLOW_TOO_MANY_NODES',
    });
  });

  it('refuses a 10 MB file', async () => {
    const content = valid + '# '.padEnd(10 * 1024 * 1024, 'x');
    await expect(parseWorkflow('w.yml', content)).rejects.toMatchObject({
      code: 'WORKFLOW_TOO_LARGE',
    });
  });

  it('refuses collections nested beyond any stack', async () => {
    await expect(parseWorkflow('w.yml', `on: ${'['.repeat(100_000)}`)).rejects.toMatchObject({
      code: 'WORKFLOW_TOO_MANY_NODES',
    });
  });

  it('survives an alias that contains itself', async () => {
    const workflow = await parseWorkflow('w.yml', 'on: push\njobs: &a {x: *a}\n');
    expect(workflow.problems.length).toBeGreaterThan(0);
  });

  it('reports duplicate keys', async () => {
    const answer = await plan(`${valid}on: push\n`);
    expect(answer).toMatchObject({ conclusion: 'invalid' });
  });

  it('reports an expression nested 1,000 deep', async () => {
    const deep = `${'('.repeat(1000)}true${')'.repeat(1000)}`;
    const content = `on: push\njobs: {a: {runs-on: x, if: '${deep}', steps: [{run: x}]}}`;
    expect(await plan(content)).toMatchObject({ conclusion: 'invalid' });
  });

  it('reads correct anchors as GitHub does', async () => {
    const content =
      "on: push\njobs:\n  a: {runs-on: x, steps: &s [{run: 'true'}]}\n  b: {runs-on: x, steps: *s}\n";
    expect(await plan(content)).toMatchObject({ conclusion: 'success' });
  });

  it.each(['', '\0', '- a', '"', 'on: push', '{', 'on: push\njobs: []', '%YAML 9'])(
    'names the problem of %j',
    async (content) => {
      const workflow = await parseWorkflow('w.yml', content);
      expect(workflow.problems.length).toBeGreaterThan(0);
    },
  );
});
