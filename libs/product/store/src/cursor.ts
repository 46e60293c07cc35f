import { StoreError } from './store-error.ts';

/** Where a page of cards ended: the last card's sort key. */
export interface CardCursor {
  readonly updatedAt: Date;
  readonly id: string;
}

/** Opaque to clients: base64url, so that it needs no escaping in a query string. */
export function encodeCursor({ updatedAt, id }: CardCursor): string {
  return Buffer.from(`${updatedAt.getTime()}:${id}`).toString('base64url');
}

export function decodeCursor(cursor: string): CardCursor {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const match = /^(\d{1,15}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new StoreError('CURSOR_INVALID', `not a cursor: "${cursor}"`, {
      next: 'pass the `nextCursor` of an earlier page, or none for the first page',
    });
  }
  return { updatedAt: new Date(Number(match[1])), id: match[2] };
}
