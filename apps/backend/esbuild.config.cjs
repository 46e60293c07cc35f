const fs = require('node:fs');
const path = require('node:path');

const workspace = path.join(__dirname, '..', '..');
const swaggerUi = path.dirname(require.resolve('@fastify/swagger-ui/package.json'));

/**
 * What lies beside the bundle: the migrations, the files of the documentation UI, and a package.json,
 * because Node takes a lone `.js` file for CommonJS. With them a copy of `dist` runs anywhere.
 */
const besideBundle = {
  name: 'beside-bundle',
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length > 0) return;
      const target = path.dirname(
        path.resolve(build.initialOptions.absWorkingDir ?? '.', build.initialOptions.outfile),
      );
      fs.writeFileSync(path.join(target, 'package.json'), '{ "type": "module" }\n');
      fs.cpSync(
        path.join(workspace, 'libs/product/store/migrations'),
        path.join(target, 'migrations'),
        {
          recursive: true,
          filter: (file) => !file.endsWith('_snapshot.json'),
        },
      );
      fs.cpSync(path.join(swaggerUi, 'static'), path.join(target, 'static'), {
        recursive: true,
        filter: (file) => !file.endsWith('.map'),
      });
    });
  },
};

/** Bundled CommonJS packages expect the names that an ES module does not have. */
const commonJsNames = `
import { createRequire as __createRequire } from 'node:module';
import { dirname as __pathDirname } from 'node:path';
import { fileURLToPath as __fileUrlToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileUrlToPath(import.meta.url);
const __dirname = __pathDirname(__filename);
`.trim();

/** @type {import('esbuild').BuildOptions} */
module.exports = {
  // pg loads its native variant only when asked to; it is not installed.
  external: ['pg-native'],
  banner: { js: commonJsNames },
  sourcemap: true,
  plugins: [besideBundle],
};
