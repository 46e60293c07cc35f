import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

/**
 * Stands between Nx and the remote cache on the machine that builds. Nx has no time limit of its own,
 * ends the whole run when a read is answered by anything but 200 or 404 or breaks off, and fails a task
 * when a write is answered by anything but 200, 403 or 409. The shield answers a read only with a body
 * that arrived whole and has the digest that the server named; everything else is a miss, and a write
 * that goes wrong is refused. After three failures in a row it leaves the server alone for a minute, so
 * that a dead server costs a run seconds and not a time limit for each task.
 */

const DEFAULT_LIMITS = {
  /** Until the server's first byte. */
  answerMs: 10_000,
  /** Between two pieces of a body. */
  idleMs: 10_000,
  /** For a whole transfer, on top of `size / minBytesPerSecond`. */
  transferMs: 30_000,
  minBytesPerSecond: 256 * 1024,
};
const FAILURES_TO_OPEN = 3;
const OPEN_MS = 60_000;
const IN_MEMORY_BYTES = 8 * 1024 * 1024;
const MOST_BYTES = 4 * 1024 ** 3;
const ARTIFACT = /^\/+v1\/cache\/[\w-]{1,128}$/;

/**
 * @param {{ server: string, limits?: Partial<typeof DEFAULT_LIMITS>, log?: (line: string) => void }} options
 */
export async function startShield(options) {
  const shield = new Shield(options);
  await shield.listen();
  return shield;
}

class Shield {
  counts = { hits: 0, misses: 0, stored: 0, refused: 0, failures: 0 };
  lastRequestAt = Date.now();
  #server;
  #upstream;
  #transport;
  #agent;
  #limits;
  #log;
  #folder;
  #failuresInARow = 0;
  #openUntil = 0;
  #isReadOnly = false;

  constructor({ server, limits = {}, log = () => undefined }) {
    this.#upstream = server.replace(/\/+$/, '');
    this.#transport = this.#upstream.startsWith('https:') ? https : http;
    this.#agent = new this.#transport.Agent({ keepAlive: true, maxSockets: 64 });
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#log = log;
    this.#folder = mkdtempSync(join(tmpdir(), 'remote-cache-shield-'));
    this.#server = http.createServer(
      { keepAliveTimeout: 0, requestTimeout: 0 },
      (request, response) => {
        this.lastRequestAt = Date.now();
        const serve = this.#serve(request, response);
        serve.catch((error) => this.#fallBack(request, response, error));
      },
    );
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #serve(request, response) {
    if (!ARTIFACT.test(request.url ?? '')) {
      request.resume();
      return answer(response, 404, 'not found');
    }
    if (request.method === 'PUT') return this.#write(request, response);
    request.resume();
    if (request.method !== 'GET' || this.#isOpen()) return this.#miss(response);
    await this.#read(request, response);
  }

  async #read(request, response) {
    const body = await this.#fetch(request);
    if (!body) return this.#miss(response);
    this.counts.hits++;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': body.size,
    });
    if (body.bytes) return response.end(body.bytes);
    const stream = createReadStream(body.path);
    stream.pipe(response);
    response.once('close', () => {
      stream.destroy();
      rmSync(body.path, { force: true });
    });
  }

  /** The artifact, whole and checked, or `undefined` when the server has none; throws on any failure. */
  async #fetch(request) {
    const { authorization } = request.headers;
    let upstream = this.#request(`${this.#upstream}${request.url}`, 'GET', { authorization });
    upstream.end();
    let response = await this.#response(upstream);
    if (response.statusCode === 307 && response.headers.location) {
      // The address carries its own permission; the token stays here.
      response.resume();
      upstream = this.#request(response.headers.location, 'GET', {});
      upstream.end();
      response = await this.#response(upstream);
    }
    if (response.statusCode !== 200) {
      response.resume();
      if (response.statusCode !== 404)
        throw new Error(`the server answered ${response.statusCode}`);
      this.#failuresInARow = 0;
      return undefined;
    }
    const body = await this.#receive(response, upstream);
    this.#failuresInARow = 0;
    return body;
  }

  async #receive(response, upstream) {
    const size = Number(response.headers['content-length'] ?? Number.NaN);
    if (!(size <= MOST_BYTES)) throw new Error('the server names no size, or too large a one');
    const path =
      size > IN_MEMORY_BYTES ? join(this.#folder, randomBytes(12).toString('hex')) : null;
    const file = path && createWriteStream(path, { flags: 'wx', mode: 0o600 });
    const digest = createHash('sha256');
    const parts = [];
    let received = 0;
    const stop = this.#watch(upstream, size);
    try {
      for await (const part of response) {
        stop.progress();
        digest.update(part);
        received += part.length;
        if (!file) parts.push(part);
        else if (!file.write(part)) await once(file, 'drain');
      }
      if (file)
        await new Promise((resolve, reject) =>
          file.end((error) => (error ? reject(error) : resolve())),
        );
      if (received !== size) throw new Error(`${received} bytes instead of ${size}`);
      const expected = response.headers['x-artifact-sha256'];
      if (expected && digest.digest('hex') !== expected) throw new Error('the digest is another');
      return { size, path, bytes: path ? null : Buffer.concat(parts) };
    } catch (error) {
      file?.destroy();
      if (path) rmSync(path, { force: true });
      throw error;
    } finally {
      stop.end();
    }
  }

  async #write(request, response) {
    const size = Number(request.headers['content-length'] ?? Number.NaN);
    if (this.#isOpen() || this.#isReadOnly || !Number.isSafeInteger(size)) {
      return this.#refuse(request, response);
    }
    const { authorization } = request.headers;
    const upstream = this.#request(`${this.#upstream}${request.url}`, 'PUT', {
      authorization,
      'content-length': size,
    });
    const stop = this.#watch(upstream, size);
    // Before the rest of a refused body is dropped: unpiping pauses the request.
    const release = () => {
      request.unpipe(upstream);
      request.off('data', stop.progress);
      if (!upstream.writableFinished) upstream.destroy();
      stop.end();
    };
    try {
      request.on('data', stop.progress);
      request.pipe(upstream);
      const result = await this.#response(upstream, this.#transferMs(size));
      result.resume();
      release();
      const { statusCode } = result;
      if (statusCode !== 200 && statusCode !== 403 && statusCode !== 409) {
        throw new Error(`the server answered ${statusCode}`);
      }
      this.#failuresInARow = 0;
      // A token that only reads is refused every time: the next bodies need not travel.
      if (result.headers['x-cache-refusal'] === 'read-only') this.#isReadOnly = true;
      if (statusCode !== 200) return this.#refuse(request, response, statusCode);
      this.counts.stored++;
      answer(response, 200, 'stored');
    } finally {
      release();
    }
  }

  #request(url, method, headers) {
    const given = Object.fromEntries(
      Object.entries(headers).filter(([, value]) => value !== undefined),
    );
    const isHome = url.startsWith(this.#upstream);
    const transport = url.startsWith('https:') ? https : http;
    const request = transport.request(url, {
      method,
      headers: given,
      ...(isHome && { agent: this.#agent }),
    });
    // Whoever waits for the response gets the error; this keeps a late one from ending the process.
    request.on('error', () => undefined);
    return request;
  }

  #response(upstream, limitMs = this.#limits.answerMs) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new Error(`no answer within ${limitMs} ms`);
        reject(error);
        upstream.destroy(error);
      }, limitMs);
      upstream.once('close', () => {
        clearTimeout(timer);
        reject(new Error('the connection was closed'));
      });
      upstream.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      upstream.once('response', (response) => {
        clearTimeout(timer);
        // Whoever reads the body gets the error; of a body that is dropped nobody wants it.
        response.on('error', () => undefined);
        resolve(response);
      });
    });
  }

  /** Ends a transfer that stands still, or that takes longer than its size explains. */
  #watch(upstream, size) {
    const cut = (why) => () => upstream.destroy(new Error(why));
    let idle = setTimeout(cut('the transfer stood still'), this.#limits.idleMs);
    const whole = setTimeout(cut('the transfer took too long'), this.#transferMs(size));
    return {
      progress: () => idle.refresh(),
      end: () => {
        clearTimeout(idle);
        clearTimeout(whole);
        idle = undefined;
      },
    };
  }

  #transferMs(size) {
    return this.#limits.transferMs + (size / this.#limits.minBytesPerSecond) * 1000;
  }

  #isOpen() {
    return Date.now() < this.#openUntil;
  }

  #fallBack(request, response, error) {
    this.counts.failures++;
    this.#failuresInARow++;
    this.#log(`remote cache: ${request.method} ${request.url}: ${error.message}`);
    if (this.#failuresInARow >= FAILURES_TO_OPEN) {
      this.#openUntil = Date.now() + OPEN_MS;
      this.#failuresInARow = 0;
      this.#log('remote cache: left alone for a minute after three failures in a row');
    }
    if (response.headersSent) return response.destroy();
    if (request.method === 'PUT') this.#refuse(request, response);
    else this.#miss(response);
  }

  #miss(response) {
    this.counts.misses++;
    answer(response, 404, 'not found');
  }

  /** Nx takes 403 and 409 in silence; the body is read to its end, or Nx would see a broken pipe. */
  #refuse(request, response, status = 403) {
    this.counts.refused++;
    answer(response, status, 'not stored');
    request.resume();
  }
}

function answer(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length + 1 });
  response.end(`${text}\n`);
}
