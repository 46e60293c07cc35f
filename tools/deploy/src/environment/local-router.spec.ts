import { type RouterFacts, chooseRouter, parseRouterKind } from './local-router.ts';

const choose = (facts: Partial<RouterFacts>) =>
  chooseRouter({
    asked: undefined,
    running: undefined,
    last: undefined,
    configured: 'embedded',
    ...facts,
  });

describe('chooseRouter', () => {
  it('takes what the environment file says', () => {
    expect(choose({ configured: 'haproxy' })).toBe('haproxy');
  });

  it('lets the command overrule the file', () => {
    expect(choose({ asked: 'haproxy' })).toBe('haproxy');
  });

  it('stays with the one that serves when the file has changed', () => {
    expect(choose({ running: 'haproxy', configured: 'embedded' })).toBe('haproxy');
  });

  it('follows one that died with one of its kind, which knows its routing', () => {
    expect(choose({ last: 'haproxy', configured: 'embedded' })).toBe('haproxy');
  });

  it.each([{ running: 'embedded' }, { last: 'embedded' }] as const)(
    'refuses to replace one in passing (%j)',
    (facts) => {
      expect(() => choose({ ...facts, asked: 'haproxy' })).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
    },
  );
});

describe('parseRouterKind', () => {
  it('reads what was written down, and nothing else', () => {
    expect(parseRouterKind('haproxy\n')).toBe('haproxy');
    expect(parseRouterKind('nginx')).toBeUndefined();
  });
});
