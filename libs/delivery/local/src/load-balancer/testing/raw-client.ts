import { connect, type Socket } from 'node:net';
import { until } from './test-balancer.ts';

/** A client that sends bytes as they are, to say what no HTTP library would. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('data', (bytes) => (this.received += bytes.toString('latin1')));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Everything received once it matches. */
  async says(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.received) || this.isClosed);
    return this.received;
  }

  /** Everything received until the other side closed. */
  async end(): Promise<string> {
    await until(() => this.isClosed);
    return this.received;
  }
}
