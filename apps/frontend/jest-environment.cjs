const { TestEnvironment } = require('jest-environment-jsdom');

/** jsdom with Node's own network: the code under test talks to real servers on 127.0.0.1. */
module.exports = class BrowserWithNetwork extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { fetch, Headers, Request, Response, AbortController, AbortSignal });
  }
};
