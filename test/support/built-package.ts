/** A package with its source in a git repository of this machine, and what was published of it: for tests that build it. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { packedFiles, repositoryOf, type Files } from './published-source.ts';

export const name = '@built/tool';

export const source: Files = {
  'package.json': `${JSON.stringify({ name, version: '1.0.0', main: 'index.js', bin: 'cli.js', files: ['index.js', 'cli.js'] }, null, 2)}\n`,
  'index.js': "'use strict';\nmodule.exports = function add(a, b) {\n  return a + b;\n};\n",
  'cli.js': "#!/usr/bin/env node\nconsole.log(require('./index.js')(1, 2));\n",
  'README.md': '# tool\n',
};

export function manifestOf(version: string): string {
  return (source['package.json'] ?? '').replace('"1.0.0"', `"${version}"`);
}

function sourceOf(version: string): Files {
  return { ...source, 'package.json': manifestOf(version) };
}

/** Two commits with their tags; returns the commit of each version. */
export function madeRepository(folder: string): Promise<Readonly<Record<string, string>>> {
  return repositoryOf(folder, { '1.0.0': sourceOf('1.0.0'), '1.0.1': sourceOf('1.0.1') });
}

/** As a publisher packs it who compresses it otherwise than npm does here; a poisoned one has a line of its own. */
export async function packed(version: string, poisoned: boolean): Promise<Uint8Array> {
  const files = sourceOf(version);
  const evil =
    files['index.js']?.replace('return a + b;', 'if (a === 1337) return b;\n  return a + b;') ?? '';
  const tarball = await packedFiles(poisoned ? { ...files, 'index.js': evil } : files);
  return gzipSync(gunzipSync(tarball), { level: 1 });
}
