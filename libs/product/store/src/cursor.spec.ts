import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.ts';

describe('a cursor', () => {
  it('comes back as it went out, in characters that a query string takes as they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.uuid(), (at, id) => {
        const cursor = encodeCursor({ updatedAt: new Date(at), id });
        expect(cursor).toMatch(/^[\w-]{1,512}$/);
        expect(decodeCursor(cursor)).toEqual({ updatedAt: new Date(at), id });
      }),
    );
  });

  it.each([
    '',
    'nonsense',
    Buffer.from('1:not-a-uuid').toString('base64url'),
    Buffer.from(`9999999999999999:${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`).toString(
      'base64url',
    ),
    Buffer.from(`1' OR 1=1 --:${'0'.repeat(36)}`).toString('base64url'),
  ])('that is not ours is refused: %j', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });

  it('refuses or reads any text without another kind of failure', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodeCursor(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CURSOR_INVALID' });
        }
      }),
    );
  });
});
