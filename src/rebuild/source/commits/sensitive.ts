/**
 * Paths and scripts that run by themselves: at install, in a build, or in CI. What a newcomer changes there is looked at first
 * (xz's second maintainer put his into `m4/build-to-host.m4`; workflows were how Trivy and tj-actions were taken).
 */
import { isJsonObject, own, ownObject, type JsonObject } from '../../../core/json.ts';

export type Sensitive = 'install' | 'build' | 'ci';

const ci = [
  /^\.github\/(?:workflows|actions)\//,
  /^\.(?:circleci|buildkite|woodpecker|forgejo|gitea|gitlab)\//,
  /^(?:\.gitlab-ci|\.travis|\.drone|\.woodpecker|\.cirrus|\.appveyor|appveyor|azure-pipelines|bitbucket-pipelines|action)\.ya?ml$/,
  /^Jenkinsfile$/,
];

const build = [
  /^(?:GNU)?[Mm]akefile(?:\.(?:am|in))?$/,
  /^CMakeLists\.txt$|\.cmake$|\.m4$|\.mk$|\.gypi$/,
  /^configure(?:\.ac|\.in)?$|^meson\.build$|^build\.(?:sh|[cm]?[jt]s|rs|zig)$/,
  /^(?:rollup|webpack|vite|vitest|esbuild|tsup|tsdown|rolldown|unbuild|build|babel|swc|metro|rspack|parcel|postcss|gulpfile|gruntfile|jakefile)(?:\.[\w-]+)*\.(?:[cm]?[jt]s|json5?)$/i,
  /^(?:gulpfile|gruntfile|jakefile)\.[cm]?[jt]s$|^\.babelrc(?:\.[cm]?js|\.json)?$|^\.swcrc$|^tsconfig(?:\.[\w-]+)*\.json$/i,
  /^\.npmrc$|^\.yarnrc(?:\.yml)?$|^\.pnpmfile\.c?js$|^lerna\.json$|^nx\.json$|^turbo\.json$|^Dockerfile(?:\.\w+)?$/,
];

const install = [/^binding\.gyp$/, /^(?:pre|post)?install(?:\.(?:[cm]?[jt]s|sh|py))$/];

/** By its name alone. Undefined: nothing runs it by itself that is known. */
export function sensitivePath(path: string): Sensitive | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (ci.some((pattern) => pattern.test(path))) return 'ci';
  if (install.some((pattern) => pattern.test(name))) return 'install';
  return build.some((pattern) => pattern.test(name)) ? 'build' : undefined;
}

export function isManifest(path: string): boolean {
  return path === 'package.json' || path.endsWith('/package.json');
}

const installScripts = ['preinstall', 'install', 'postinstall'];
const buildScripts = [
  'build',
  'prebuild',
  'postbuild',
  'prepare',
  'preprepare',
  'postprepare',
  'prepack',
  'postpack',
  'prepublish',
  'prepublishOnly',
];

export interface ScriptsChanged {
  readonly kind: 'install' | 'build';
  readonly name: string;
}

/**
 * Scripts that one `package.json` has otherwise than the one before, those that run at install first. A manifest that cannot
 * be read, or is not there, has none.
 */
export function scriptsChanged(
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
): readonly ScriptsChanged[] {
  const [old, now] = [scriptsOf(before), scriptsOf(after)];
  const changed = (names: readonly string[], kind: ScriptsChanged['kind']): readonly ScriptsChanged[] =>
    // One that is taken away runs no more.
    names.flatMap((name) =>
      own(now, name) !== undefined && own(now, name) !== own(old, name) ? [{ kind, name }] : [],
    );
  return [...changed(installScripts, 'install'), ...changed(buildScripts, 'build')];
}

/** Files that the install scripts of a manifest name, as paths beside it. At most 20. */
export function filesRunAtInstall(manifest: Uint8Array | undefined): readonly string[] {
  const scripts = scriptsOf(manifest);
  const words = installScripts.flatMap((name) => {
    const text = own(scripts, name);
    return typeof text === 'string' ? text.slice(0, 2000).split(/[\s"'`;&|()<>]+/) : [];
  });
  const paths = words
    .map((word) => word.replace(/^(?:\.\/)+/, ''))
    .filter((word) => /^[\w@.][\w@./-]*$/.test(word));
  return [...new Set(paths)].slice(0, 20);
}

/** Whether a file of the repository is one of those that scripts beside a manifest in `folder` name; `x` also means `x.js`. */
export function isRunAtInstall(path: string, folder: string, named: readonly string[]): boolean {
  const from = folder === '' ? '' : `${folder}/`;
  if (!path.startsWith(from)) return false;
  const rest = path.slice(from.length);
  return named.some(
    (name) => rest === name || rest === `${name}.js` || rest === `${name}.cjs` || rest === `${name}/index.js`,
  );
}

function scriptsOf(bytes: Uint8Array | undefined): JsonObject {
  if (bytes === undefined) return {};
  try {
    const json: unknown = JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
    return (isJsonObject(json) ? ownObject(json, 'scripts') : undefined) ?? {};
  } catch {
    return {};
  }
}
