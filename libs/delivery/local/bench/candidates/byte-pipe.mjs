/** Not a proxy but the bound for one on node:net: bytes to and fro, without reading them. */
import net from 'node:net';

const [port, targetPort] = process.argv.slice(2).map(Number);

net
  .createServer({ noDelay: true }, (client) => {
    const target = net.connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    client.on('data', (bytes) => target.write(bytes));
    target.on('data', (bytes) => client.write(bytes));
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
    client.on('error', () => undefined);
    target.on('error', () => undefined);
  })
  .listen(port, '127.0.0.1');
