import { parseWeights } from './deploy-options.ts';

describe('parseWeights', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['5,25,50', [5, 25, 50]],
    [' 5, 25', [5, 25]],
    [30, [30]],
  ])('reads %j', (text, weights) => {
    expect(parseWeights(text)).toEqual(weights);
  });

  it.each(['5,,25', 'five', '5;25'])('refuses %j and shows how to give them', (text) => {
    expect(() => parseWeights(text)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        next: expect.stringContaining('--weights=5,25,50'),
      }),
    );
  });
});
