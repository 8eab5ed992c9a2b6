/** Small projects with a build step, as their maintainers would have committed them, and how each is built. */
import { formatPurl } from '../../src/core/purl.ts';
import type { Recipe } from '../../src/rebuild/recipe/recipe.ts';
import { aRecipe, aTool } from './recipes.ts';

export interface BuildProject {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly recipe: Recipe;
  /** A file of the package that the build made, and what it must hold. */
  readonly made: { readonly path: string; readonly holds: RegExp };
}

function manifest(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ name: 'thing', version: '1.0.0', license: 'MIT', ...fields }, null, 2)}\n`;
}

const resolve: Recipe['dependencies'] = { kind: 'resolve', before: undefined, frozen: undefined };
const build = (directory = ''): Recipe['build'][number] => ({ kind: 'script', script: 'build', directory });
const source = 'export const greet = (name: string): string => `hello ${name}`;\n';
const plainSource = 'export const greet = (name) => `hello ${name}`;\n';

const typescript: BuildProject = {
  title: 'a TypeScript project (tsc)',
  files: {
    'package.json': manifest({
      main: 'lib/index.js',
      files: ['lib'],
      scripts: { build: 'tsc' },
      devDependencies: { typescript: '4.6.3' },
    }),
    'tsconfig.json':
      '{"compilerOptions":{"target":"es5","module":"commonjs","outDir":"lib","declaration":true,"types":[]},"include":["src"]}',
    'src/index.ts': source,
  },
  recipe: aRecipe({ dependencies: resolve, build: [build()] }),
  made: { path: 'package/lib/index.js', holds: /var greet = function/ },
};

const rollup: BuildProject = {
  title: 'a bundle (rollup)',
  files: {
    'package.json': manifest({
      main: 'dist/bundle.js',
      files: ['dist'],
      scripts: { prepare: 'rollup src/index.js --format cjs --file dist/bundle.js' },
      devDependencies: { rollup: '2.79.1' },
    }),
    'src/index.js': "export { greet } from './greet.js';\n",
    'src/greet.js': plainSource,
  },
  recipe: aRecipe({
    dependencies: resolve,
    build: [{ kind: 'script', script: 'prepare', directory: '' }],
  }),
  made: { path: 'package/dist/bundle.js', holds: /exports\.greet = greet/ },
};

const babel: BuildProject = {
  title: 'a transpiled project (babel)',
  files: {
    'package.json': manifest({
      main: 'lib/index.js',
      files: ['lib'],
      scripts: { build: 'babel src --out-dir lib' },
      devDependencies: {
        '@babel/cli': '7.17.6',
        '@babel/core': '7.17.8',
        '@babel/plugin-transform-arrow-functions': '7.16.7',
      },
    }),
    '.babelrc': '{"plugins":["@babel/plugin-transform-arrow-functions"]}',
    'src/index.js': plainSource,
  },
  recipe: aRecipe({ dependencies: resolve, build: [build()] }),
  made: { path: 'package/lib/index.js', holds: /export const greet = function/ },
};

const monorepo: BuildProject = {
  title: 'a package of a monorepo (npm workspaces)',
  files: {
    'package.json': '{"private":true,"workspaces":["packages/*"]}\n',
    'packages/base/package.json':
      '{"name":"base","version":"2.0.0","main":"made.js","scripts":{"build":"node make.js"}}',
    'packages/base/make.js': "require('fs').writeFileSync('made.js', 'exports.word = \"hello\";\\n');\n",
    'packages/thing/package.json': manifest({
      main: 'index.js',
      files: ['index.js'],
      scripts: { build: 'node make.js' },
      dependencies: { base: '^2.0.0' },
    }),
    'packages/thing/make.js':
      "require('fs').writeFileSync('index.js', 'module.exports = ' + JSON.stringify(require('base').word) + ';\\n');\n",
  },
  recipe: aRecipe({
    source: { ...aRecipe().source, directory: 'packages/thing' } as Recipe['source'],
    dependencies: resolve,
    build: [build('packages/base'), build('packages/thing')],
  }),
  made: { path: 'package/index.js', holds: /module\.exports = "hello"/ },
};

const pnpm: BuildProject = {
  title: 'a pnpm workspace, packed by pnpm',
  files: {
    'package.json': '{"private":true}\n',
    'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
    'packages/base/package.json': '{"name":"base","version":"2.3.4","main":"index.js"}',
    'packages/base/index.js': 'exports.word = "hello";\n',
    'packages/thing/package.json': manifest({
      main: 'index.js',
      files: ['index.js'],
      scripts: { build: 'node make.js' },
      dependencies: { base: 'workspace:^' },
      devDependencies: { ms: '2.1.3' },
    }),
    'packages/thing/make.js':
      "require('fs').writeFileSync('index.js', 'module.exports = ' + JSON.stringify(require('base').word + require('ms')(60000)) + ';\\n');\n",
  },
  recipe: aRecipe({
    source: { ...aRecipe().source, directory: 'packages/thing' } as Recipe['source'],
    toolchain: { ...aRecipe().toolchain, manager: 'pnpm', managerTool: aTool('pnpm', '8.15.9') },
    dependencies: resolve,
    build: [build('packages/thing')],
    pack: 'pnpm',
  }),
  made: { path: 'package/index.js', holds: /module\.exports = "hello1m"/ },
};

function yarn(
  title: string,
  manager: Recipe['toolchain']['manager'],
  tool: string,
  version: string,
): BuildProject {
  const berry = manager === 'yarn-berry';
  return {
    title,
    files: {
      'package.json': manifest({
        main: 'index.js',
        files: ['index.js'],
        scripts: { build: 'node make.js' },
        devDependencies: { ms: '2.1.3' },
      }),
      'make.js':
        "require('fs').writeFileSync('index.js', 'module.exports = ' + JSON.stringify(require('ms')(60000)) + ';\\n');\n",
      ...(berry ? { '.yarnrc.yml': 'nodeLinker: node-modules\n' } : {}),
    },
    recipe: aRecipe({
      toolchain: { ...aRecipe().toolchain, manager, managerTool: aTool(tool, version) },
      dependencies: resolve,
      build: [build()],
      pack: berry ? 'yarn-berry' : 'npm',
    }),
    made: { path: 'package/index.js', holds: /module\.exports = "1m"/ },
  };
}

const plain: BuildProject = {
  title: 'a package that is packed as it lies in its source',
  files: { 'package.json': manifest({ main: 'index.js' }), 'index.js': 'module.exports = 1;\n' },
  recipe: aRecipe(),
  made: { path: 'package/index.js', holds: /module\.exports = 1/ },
};

export const buildProjects: readonly BuildProject[] = [
  plain,
  typescript,
  rollup,
  babel,
  monorepo,
  pnpm,
  yarn('a project of Yarn 1', 'yarn-classic', 'yarn', '1.22.22'),
  yarn('a project of Yarn 4, packed by it', 'yarn-berry', '@yarnpkg/cli-dist', '4.9.4'),
];

/** The plain project with a build step of one's own. */
export function projectWithStep(
  script: string,
  files: Readonly<Record<string, string>> = {},
): Pick<BuildProject, 'files' | 'recipe'> {
  const text = manifest({ main: 'index.js', scripts: { build: script } });
  return {
    files: { 'package.json': text, 'index.js': 'module.exports = 1;\n', ...files },
    recipe: aRecipe({ purl: formatPurl('npm', 'thing', '1.0.0'), build: [build()] }),
  };
}
