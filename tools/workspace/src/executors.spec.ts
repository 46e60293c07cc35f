import { existsSync } from 'node:fs';
import path from 'node:path';
import { readJson, workspaceProjects, workspaceRoot } from './testing/workspace-projects.ts';

interface Executors {
  readonly executors: Readonly<
    Record<string, { implementation: string; schema: string; description: string }>
  >;
}

interface Schema {
  readonly description?: string;
  readonly additionalProperties?: boolean;
  readonly properties: Readonly<Record<string, { readonly description?: string }>>;
}

const executors = workspaceProjects().flatMap(({ folder, manifest }) =>
  manifest.executors
    ? Object.entries(readJson<Executors>(path.join(folder, manifest.executors)).executors).map(
        ([name, executor]) => ({ folder, name, ...executor }),
      )
    : [],
);

describe('every executor', () => {
  it.each(executors)(
    '$folder:$name has its implementation where it says',
    ({ folder, implementation }) => {
      expect(existsSync(path.join(workspaceRoot, folder, `${implementation}.ts`))).toBe(true);
    },
  );

  it.each(executors)(
    '$folder:$name describes itself and every option, and takes no other',
    (executor) => {
      const schema = readJson<Schema>(path.join(executor.folder, executor.schema));
      expect(executor.description).toMatch(/\.$/);
      expect(schema.description).toBe(executor.description);
      expect(schema.additionalProperties).toBe(false);
      for (const [option, { description }] of Object.entries(schema.properties)) {
        expect({ option, description }).toEqual({
          option,
          description: expect.stringMatching(/\w/),
        });
      }
    },
  );
});
