/**
 * Keep-alive clients that ask for `/`. Reads `{port, connections, requests, perSecond?}` from its first
 * argument and prints `{requests, failed, seconds, p50Ms, p99Ms}`. Without `perSecond` each client asks again
 * as soon as it is answered; with it, requests are due on a schedule and latency counts from then.
 */
import net from 'node:net';

const { port, connections, requests, perSecond } = JSON.parse(process.argv[2]);
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\r\n');
const latencies = new Float64Array(requests);
const idle = [];
const due = [];
const startMs = performance.now();
let scheduled = 0;
let answered = 0;
let failed = 0;

function open() {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const client = { socket, sinceMs: 0, missing: 0 };
  socket.on('connect', () => ready(client));
  socket.on('data', (bytes) => receive(client, bytes));
  socket.on('error', () => fail());
}

function receive(client, bytes) {
  if (client.missing === 0) {
    const text = bytes.latin1Slice();
    const end = text.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(text);
    if (!text.startsWith('HTTP/1.1 200') || end < 0 || length === null) {
      fail();
      return;
    }
    client.missing = end + 4 + Number(length[1]);
  }
  client.missing -= bytes.length;
  if (client.missing > 0) return;
  latencies[answered++] = performance.now() - client.sinceMs;
  if (answered + failed >= requests) finish();
  else ready(client);
}

function ready(client) {
  if (perSecond === undefined) {
    if (scheduled < requests) send(client, performance.now());
  } else if (due.length > 0) send(client, due.shift());
  else idle.push(client);
}

function send(client, sinceMs) {
  if (perSecond === undefined) scheduled++;
  client.sinceMs = sinceMs;
  client.socket.write(REQUEST);
}

function tick() {
  for (; scheduled < requests; scheduled++) {
    const dueMs = startMs + (scheduled * 1_000) / perSecond;
    if (dueMs > performance.now()) break;
    const client = idle.pop();
    if (client === undefined) due.push(dueMs);
    else send(client, dueMs);
  }
  if (scheduled < requests) setImmediate(tick);
}

function fail() {
  failed++;
  if (answered + failed >= requests || failed > 100) finish();
}

function finish() {
  const sorted = latencies.subarray(0, answered).sort();
  const at = (q) => sorted[Math.min(answered - 1, Math.floor(q * answered))] ?? null;
  const seconds = (performance.now() - startMs) / 1_000;
  const result = { requests: answered, failed, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

for (let n = 0; n < connections; n++) open();
if (perSecond !== undefined) tick();
