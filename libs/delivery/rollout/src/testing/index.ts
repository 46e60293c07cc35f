export * from './fake-environment.ts';
export * from './fake-journal.ts';
export * from './samples.ts';
export * from './seeded-random.ts';
export * from './virtual-clock.ts';
export * from './contract.ts';
