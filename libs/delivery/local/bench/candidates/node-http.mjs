/** node:http on both sides: a server, and `http.request` with a keep-alive agent. */
import http from 'node:http';

const [port, targetPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

http
  .createServer((request, response) => {
    const forwarded = http.request(
      {
        host: '127.0.0.1',
        port: targetPort,
        method: request.method,
        path: request.url,
        headers: request.headers,
        agent,
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  })
  .listen(port, '127.0.0.1');
