import fc from 'fast-check';
import { uuidV7 } from './uuid-v7.ts';

const random = () => fc.uint8Array({ minLength: 10, maxLength: 16 });
const time = () => fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('uuidV7', () => {
  it('matches the example of RFC 9562, appendix A.6', () => {
    const chance = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(uuidV7(0x017f22e279b0, chance)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('is always a version 7 UUID of the RFC variant', () => {
    fc.assert(
      fc.property(time(), random(), (at, chance) => {
        expect(uuidV7(at, chance)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it('sorts by time, whatever chance adds', () => {
    fc.assert(
      fc.property(time(), time(), random(), random(), (a, b, left, right) => {
        fc.pre(a < b);
        expect(uuidV7(a, left) < uuidV7(b, right)).toBe(true);
      }),
    );
  });
});
