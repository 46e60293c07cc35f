import fs from 'node:fs';
import path from 'node:path';
import { planRun, type RunPlan, type Workflow } from '@prompt-card/workflow';
import { readRepository } from '../repository/read-repository.ts';
import { events } from './events.ts';
import { notYetReachable, reachabilityPage } from './reachability-page.ts';

const root = path.resolve(__dirname, '../../../..');
const folder = path.join(root, 'docs', 'reachability');
let workflows: readonly Workflow[];
const find = (file: string) => workflows.find((workflow) => workflow.path === file);

beforeAll(async () => {
  ({ workflows } = (await readRepository(root, { waivers: [] })).repository);
});

it('every workflow has its page, as the planner writes it today (UPDATE_GOLDEN=1 rewrites them)', () => {
  const pages = Object.fromEntries(
    workflows.map((workflow) => [
      `${path.basename(workflow.path, '.yml')}.md`,
      reachabilityPage(workflow, find),
    ]),
  );
  if (process.env['UPDATE_GOLDEN'] === '1') {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, page] of Object.entries(pages)) {
      fs.writeFileSync(path.join(folder, name), page);
    }
  }
  const written = Object.fromEntries(
    fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  );
  expect(written).toEqual(pages);
});

describe('claims that a reviewer must be able to rely on', () => {
  const plan = (file: string, label: string, jobs = {}): RunPlan => {
    const event = events.find(([name]) => name === label)?.[1];
    const workflow = find(`.github/workflows/${file}`);
    if (event === undefined || workflow === undefined) throw new Error(`${file} on ${label}`);
    return planRun(workflow, { event, jobs, vars: { [notYetReachable]: 'true' } }, find);
  };
  const ran = (answer: RunPlan) =>
    answer.jobs.filter(({ decision }) => decision === 'runs').map(({ id }) => id);

  it('production deploys on a tag, when the attestation of staging verifies', () => {
    expect(ran(plan('cd.yml', 'tag v1.0.0 is pushed'))).toEqual(['promote', 'production']);
  });

  it('production does not deploy when it does not verify', () => {
    const jobs = { promote: { result: 'failure' } };
    expect(ran(plan('cd.yml', 'tag v1.0.0 is pushed', jobs))).toEqual(['promote']);
  });

  it('main goes to staging and no further', () => {
    const jobs = ['image', 'staging', 'smoke', 'attest'];
    expect(ran(plan('cd.yml', 'main is pushed'))).toEqual(jobs);
  });

  it('staging is attested only after the smoke test', () => {
    const jobs = { smoke: { result: 'failure' } };
    expect(ran(plan('cd.yml', 'main is pushed', jobs))).not.toContain('attest');
  });

  it('nothing deploys from a pull request', () => {
    for (const file of ['cd.yml', 'rollback.yml', 'release.yml']) {
      expect(plan(file, 'a pull request is opened').starts).toBe(false);
    }
  });

  it('ci-ok judges every run of ci, also when all else was skipped or failed', () => {
    const kinds = [
      'a pull request is opened',
      'the merge queue asks for checks',
      'main is pushed',
      'its schedule fires',
    ];
    for (const label of kinds) {
      for (const result of ['success', 'failure']) {
        expect(ran(plan('ci.yml', label, { plan: { result } }))).toContain('ci-ok');
      }
    }
  });
});
