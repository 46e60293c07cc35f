import { reuseFor } from './reuse-for.ts';

describe('reuseFor', () => {
  /** A producer that counts its calls, on a clock that the test moves. */
  function counted(outcome: (call: number) => Promise<number> = (call) => Promise.resolve(call)) {
    const state = { now: 0, calls: 0 };
    const get = reuseFor(
      100,
      () => state.now,
      () => outcome((state.calls += 1)),
    );
    return { state, get };
  }

  it('produces once for all who ask while the result is young', async () => {
    const { state, get } = counted();
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    state.now = 99;
    expect(await get()).toBe(1);
  });

  it('produces anew when the result is old', async () => {
    const { state, get } = counted();
    await get();
    state.now = 100;
    expect(await get()).toBe(2);
  });

  it('does not keep a failure', async () => {
    const { get } = counted((call) =>
      call === 1 ? Promise.reject(new Error('once')) : Promise.resolve(call),
    );
    await expect(get()).rejects.toThrow('once');
    expect(await get()).toBe(2);
  });
});
