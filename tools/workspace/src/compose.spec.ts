import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from './testing/workspace-projects.ts';

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly ports?: readonly string[];
        readonly healthcheck?: unknown;
        readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
      }
    >
  >;
}

const text = readFileSync(path.join(workspaceRoot, 'docker-compose.test.yml'), 'utf8');
const { services } = parse(text, { uniqueKeys: true }) as Compose;
const named = Object.entries(services).map(([name, service]) => ({ name, ...service }));

/** `docker:build` names an image after the project's folder. */
const ownDockerfile = (image: string) =>
  path.join(workspaceRoot, image.replace('-', '/'), 'Dockerfile');

describe('docker-compose.test.yml', () => {
  it.each(named)('$name publishes its ports on this machine only', ({ ports = [] }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(named.filter(({ image }) => image.startsWith('apps-')))(
    '$name runs an image that a project builds',
    ({ image }) => {
      expect(existsSync(ownDockerfile(image))).toBe(true);
    },
  );

  it.each(named)('$name waits only for services that can become what it waits for', (service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const awaited = services[other];
      expect(awaited).toBeDefined();
      if (condition !== 'service_healthy') continue;
      const hasCheck =
        awaited?.healthcheck !== undefined ||
        readFileSync(ownDockerfile(awaited?.image ?? ''), 'utf8').includes('HEALTHCHECK');
      expect(hasCheck).toBe(true);
    }
  });
});
