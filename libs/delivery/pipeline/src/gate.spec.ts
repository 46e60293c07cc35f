import { decideGate, type GateNeeds } from './gate.ts';

type Result = GateNeeds[string]['result'];
const needs = (run: Result, kind = 'tasks', plan: Result = 'success'): GateNeeds => ({
  plan: { result: plan, outputs: { kind } },
  run: { result: run, outputs: {} },
});

it.each<[string, GateNeeds, boolean]>([
  ['all jobs succeeded', needs('success'), true],
  ['an agent failed', needs('failure'), false],
  ['the run was cancelled', needs('cancelled'), false],
  ['the agents were skipped although the plan had tasks', needs('skipped'), false],
  ['the agents were skipped because only documents changed', needs('skipped', 'docs-only'), true],
  ['the agents were skipped because nothing is affected', needs('skipped', 'nothing'), true],
  ['the plan failed and took the agents with it', needs('skipped', '', 'failure'), false],
  [
    'another job was skipped',
    { ...needs('success', 'nothing'), x: { result: 'skipped', outputs: {} } },
    false,
  ],
  ['there is nothing to judge', {}, false],
])('%s', (_claim, given, passes) => {
  expect(decideGate(given).passes).toBe(passes);
});

it('names the job and why', () => {
  expect(decideGate(needs('skipped')).reasons).toEqual([
    'plan succeeded',
    'run: skipped although the plan did not say so',
  ]);
});
