/** The leanest proxy that node:http and undici make: `Pool.dispatch`, headers passed on flat. */
import http from 'node:http';
import { Pool } from 'undici';

const [port, targetPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${targetPort}`, { connections: 64, pipelining: 1 });
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function endToEnd(flat) {
  const kept = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = String(flat[i]);
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, String(flat[i + 1]));
  }
  return kept;
}

http
  .createServer((request, response) => {
    const body = request.method === 'GET' ? null : request;
    pool.dispatch(
      { method: request.method, path: request.url, headers: endToEnd(request.rawHeaders), body },
      {
        onConnect() {},
        onHeaders(status, headers, resume) {
          response.writeHead(status, endToEnd(headers));
          response.on('drain', resume);
          return true;
        },
        onData: (chunk) => response.write(chunk),
        onComplete: () => response.end(),
        onError: (error) => response.destroy(error),
      },
    );
  })
  .listen(port, '127.0.0.1');
