/** Projects to install: a synthetic one of 40 packages, a real one of about 40, a real one of about 800. */
import type { FakeRegistry } from './fake-registry.ts';
import type { ProjectManifest } from './project-folder.ts';

/** Publishes 40 packages that need each other in layers, with scopes, programs, ranges and several versions. */
export function publishSyntheticProject(registry: FakeRegistry): ProjectManifest {
  const layers = 5;
  const perLayer = 8;
  const nameOf = (layer: number, index: number): string =>
    index % 4 === 3 ? `@synthetic/part-${layer}-${index}` : `synthetic-part-${layer}-${index}`;
  for (let layer = layers - 1; layer >= 0; layer -= 1) {
    for (let index = 0; index < perLayer; index += 1) {
      const below =
        layer + 1 < layers ? [index, (index + 3) % perLayer].map((other) => nameOf(layer + 1, other)) : [];
      const name = nameOf(layer, index);
      const dependencies = Object.fromEntries(below.map((other) => [other, '^1.0.0']));
      const bin = index === 0 ? { bin: { [`run-${layer}`]: 'cli.js' } } : {};
      for (const version of ['1.0.0', '1.1.0', '2.0.0-beta.1']) {
        registry.publish({
          name,
          version,
          manifest: { dependencies, ...bin },
          files: { 'cli.js': '#!/usr/bin/env node\n', 'README.md': `# ${name}\n` },
        });
      }
    }
  }
  const top = Array.from({ length: perLayer }, (_, index) => [nameOf(0, index), '^1.0.0'] as const);
  return { dependencies: Object.fromEntries(top) };
}

export const syntheticCount = 40;

/** About 40 packages: a small command-line program with its tests. */
export const smallProject: ProjectManifest = {
  dependencies: {
    chalk: '^4.1.2',
    commander: '^12.0.0',
    glob: '^7.2.3',
    semver: '^7.6.0',
    minimist: '^1.2.8',
    yargs: '^17.7.2',
    debug: '^4.3.7',
    'fs-extra': '^11.2.0',
  },
};

/** About 800 packages: a web application with its build, tests, lint and component workshop. */
export const largeProject: ProjectManifest = {
  dependencies: {
    express: '^4.21.0',
    react: '^18.3.1',
    'react-dom': '^18.3.1',
    next: '^14.2.0',
    axios: '^1.7.0',
  },
  devDependencies: {
    webpack: '^5.95.0',
    'webpack-cli': '^5.1.4',
    'webpack-dev-server': '^5.1.0',
    '@babel/core': '^7.26.0',
    '@babel/preset-env': '^7.26.0',
    '@babel/preset-react': '^7.26.0',
    'babel-loader': '^9.2.1',
    eslint: '^8.57.0',
    'eslint-plugin-react': '^7.37.0',
    'eslint-plugin-import': '^2.31.0',
    jest: '^29.7.0',
    typescript: '^5.6.0',
    esbuild: '^0.24.0',
  },
};
