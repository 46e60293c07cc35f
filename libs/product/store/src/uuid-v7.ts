/**
 * A version 7 UUID (RFC 9562, section 5.7): 48 bits of milliseconds, then chance. Keys made later sort
 * later, so a B-tree grows at its end. `random` gives at least 10 bytes.
 */
export function uuidV7(timestampMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(timestampMs / 2 ** 16));
  view.setUint16(4, timestampMs % 2 ** 16);
  bytes.set(random.subarray(0, 10), 6);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(index === 0 ? 0 : ends[index - 1], end))
    .join('-');
}
