import fs from 'node:fs';
import path from 'node:path';
import {
  ancestorsOf,
  expressionsIn,
  type Job,
  literalText,
  type Workflow,
} from '@prompt-card/workflow';
import { readRepository } from '../repository/read-repository.ts';
import { notYetReachable } from './reachability-page.ts';

const root = path.resolve(__dirname, '../../../..');

/** Targets that Nx infers for every project, from the plugins in nx.json. */
const inferred = ['lint', 'typecheck', 'test', 'build', 'e2e'];

interface Target {
  readonly project: string;
  readonly name: string;
  readonly configurations: readonly string[];
}

function targets(): Target[] {
  const patterns = ['apps', 'libs', 'libs/product', 'libs/delivery', 'tools'];
  return patterns
    .flatMap((parent) =>
      fs
        .readdirSync(path.join(root, parent))
        .map((name) => path.join(root, parent, name, 'package.json')),
    )
    .filter((file) => fs.existsSync(file))
    .flatMap((file) => {
      const { nx } = JSON.parse(fs.readFileSync(file, 'utf8'));
      const own = Object.entries<{ configurations?: object }>(nx.targets ?? {});
      return [
        ...inferred.map((name) => ({ project: nx.name, name, configurations: [] })),
        ...own.map(([name, { configurations = {} }]) => ({
          project: nx.name,
          name,
          configurations: Object.keys(configurations),
        })),
      ];
    });
}

/** A target that a step calls; `configurations` are all that must exist for it. */
interface Call {
  readonly text: string;
  readonly exists: boolean;
}

function callsOf(job: Job, known: readonly Target[]): Call[] {
  return job.steps.flatMap((step) => {
    const run = step.run?.kind === 'literal' ? literalText(step.run) : undefined;
    const match = /^npx nx (?:run ([\w-]+):([\w-]+)|run-many -t ([\w-]+))(.*)$/.exec(run ?? '');
    if (match === null) return [];
    const [, project, own, shared, rest = ''] = match;
    const name = own ?? shared;
    const found = known.filter(
      (target) => target.name === name && (project === undefined || target.project === project),
    );
    const configuration = /--configuration=("?)([\w$]+)\1/.exec(rest)?.[2];
    const wanted =
      configuration === undefined
        ? []
        : configuration.startsWith('$')
          ? ['staging', 'production']
          : [configuration];
    const exists = found.some((target) =>
      wanted.every((item) => target.configurations.includes(item)),
    );
    return [{ text: `${project ?? '*'}:${name} ${wanted.join(' ')}`.trim(), exists }];
  });
}

const isMarked = (job: Job) => job.condition.expression.includes(`vars.${notYetReachable}`);

function waits(job: Job, workflow: Workflow): boolean {
  const jobs = new Map(workflow.jobs.map((candidate) => [candidate.id, candidate]));
  const before = [...ancestorsOf(job, jobs)].flatMap((id) => jobs.get(id) ?? []);
  return [job, ...before].some(isMarked);
}

describe('the targets that workflows call', () => {
  let jobs: { label: string; job: Job; workflow: Workflow; calls: Call[] }[];

  beforeAll(async () => {
    const { workflows } = (await readRepository(root, { waivers: [] })).repository;
    const known = targets();
    jobs = workflows.flatMap((workflow) =>
      workflow.jobs.map((job) => ({
        label: `${path.basename(workflow.path)} ${job.id}`,
        job,
        workflow,
        calls: callsOf(job, known),
      })),
    );
  });

  it('exist, wherever a job can run today', () => {
    const missing = jobs
      .filter(({ job, workflow }) => !waits(job, workflow))
      .flatMap(({ label, calls }) =>
        calls.filter(({ exists }) => !exists).map(({ text }) => `${label}: ${text}`),
      );
    expect(missing).toEqual([]);
  });

  it('are missing wherever a job is marked as not yet reachable: else remove the mark', () => {
    const ready = jobs
      .filter(({ job, calls }) => isMarked(job) && calls.every(({ exists }) => exists))
      .map(({ label }) => label);
    expect(ready).toEqual([]);
  });

  it('are one to a step, with nothing around them', () => {
    const steps = jobs.flatMap(({ label, job }) => job.steps.map((step) => ({ label, step })));
    const others = steps
      .filter(({ step }) => step.run !== undefined)
      .filter(({ step }) => !/^npx nx (run|run-many) [^\n;&|]+$/.test(literalText(step.run) ?? ''));
    expect(others.map(({ label, step }) => `${label}: ${literalText(step.run)}`)).toEqual([]);
  });

  it('take no expression into their command', () => {
    const pasted = jobs.flatMap(({ label, job }) =>
      job.steps.flatMap((step) =>
        [...expressionsIn(step.run)].map(({ expression }) => `${label}: ${expression}`),
      ),
    );
    expect(pasted).toEqual([]);
  });
});
