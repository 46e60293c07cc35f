const KIB = 1024;
const MOST_POOLED = 8;

/**
 * Buffers for bodies in transit. Their size shrinks as transfers multiply, so that memory stays
 * bounded: 8 MiB for up to 8 or 32 transfers, and 128 KiB for each one beyond.
 */
export class TransferBuffers {
  #active = 0;
  readonly #pool = new Map<number, Buffer[]>();

  /** Bytes that one piece of a transfer should have now. */
  pieceSize(): number {
    if (this.#active <= 8) return 1024 * KIB;
    return this.#active <= 32 ? 256 * KIB : 128 * KIB;
  }

  /** Counts a transfer; its end is told by {@link end}. */
  begin(): void {
    this.#active++;
  }

  end(): void {
    this.#active--;
  }

  take(): Buffer {
    const size = this.pieceSize();
    return this.#pool.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    const free = this.#pool.get(buffer.length);
    if (!free) this.#pool.set(buffer.length, [buffer]);
    else if (free.length < MOST_POOLED) free.push(buffer);
  }
}
