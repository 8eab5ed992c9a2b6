import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { aRecipe } from '../../../test/support/recipes.ts';
import { artifactDigestsOf, integrityOf, sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import type { Sandbox } from '../../core/sandbox.ts';
import type { BuildBlobs } from './deps.ts';
import { nearest, openToolFolders, pinTools, type FetchedTool } from './tools.ts';

it('tools are unpacked once, and removed when nobody asked for them for long and there are many', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-tools-'));
  await writeFile(join(folder, 'archive'), '');
  let [now, runs, made] = [0, 0, 0];
  const removed: number[] = [];
  const sandbox: Sandbox = {
    workspace: async () => {
      const number = (made += 1);
      const path = await mkdtemp(join(folder, 'w-'));
      return {
        path,
        folder: () => mkdtemp(join(path, 'f-')),
        give: () => Promise.resolve(),
        remove: () => Promise.resolve(void removed.push(number)),
      };
    },
    run: () => {
      runs += 1;
      return Promise.resolve({
        ended: 'exit',
        exitCode: 0,
        signal: undefined,
        output: '',
        wallMs: 1,
        cpuMs: undefined,
        peakBytes: undefined,
        clock: 'running',
      });
    },
  };
  const blobs = { path: () => Promise.resolve(join(folder, 'archive')) } as unknown as BuildBlobs;
  const tools = openToolFolders({ sandbox, blobs }, () => now);
  const base = { path: '/', digest: sha256('base'), uri: 'base' };
  const tool = (name: string): FetchedTool => ({
    tool: { package: name, version: '1.0.0', integrity: undefined },
    uri: name,
    artifact: artifactDigestsOf(Buffer.from(name)),
    admitted: {},
  });
  assert.equal(await tools.of(tool('0'), base), await tools.of(tool('0'), base));
  assert.equal(runs, 1);
  for (let count = 1; count < 20; count += 1) await tools.of(tool(String(count)), base);
  assert.deepEqual(removed, [], 'all of them may be in use');
  now = 24 * 3_600_000;
  await tools.of(tool('19'), base);
  await tools.of(tool('new'), base);
  await new Promise(setImmediate);
  assert.deepEqual(removed, [1, 2, 3, 4, 5]);
  await tools.close();
  assert.equal(removed.length, made);
  await rm(folder, { recursive: true });
});

it('a tool that is no package for this machine is stood in for by the nearest of its line', () => {
  const there = ['12.22.12', '14.16.0', '14.17.1', '14.18.0-rc.1', 'latest', '16.0.0'];
  assert.equal(nearest('14.17.1', there), '14.17.1');
  assert.equal(nearest('14.18.3', there), '14.17.1');
  assert.equal(nearest('14.15.0', there), '14.16.0');
  assert.equal(nearest('18.0.0', there), '18.0.0');
});

it('a tool is never the published file of what is built; the tool itself is built with another version', async () => {
  const body = sha256('index');
  const integrity = integrityOf(artifactDigestsOf(Buffer.from('x')).sha512);
  const index = (name: string): string =>
    JSON.stringify({
      name,
      versions: Object.fromEntries(
        ['10.8.2', '18.20.8'].map((version) => [
          version,
          { dist: { tarball: 'https://r.example.com/x', integrity } },
        ]),
      ),
    });
  let asked = '';
  const deps = {
    registry: {
      index: (name: string) => {
        asked = name;
        return Promise.resolve({ uri: 'u', body, sizeBytes: 1 });
      },
      file: (uri: string) => Promise.resolve({ uri, artifact: artifactDigestsOf(Buffer.from('x')) }),
    },
    blobs: { read: () => Promise.resolve(Buffer.from(index(asked))) } as unknown as BuildBlobs,
  };
  const pin = (name: string, version: string): ReturnType<typeof pinTools> =>
    pinTools(deps, aRecipe({ purl: formatPurl('npm', name, version) }));
  await assert.rejects(pin('npm', '10.8.2'), (error) => isAssayError(error, 'BUILD_INPUT_REFUSED'));
  await pin('npm', '10.9.0');
  await pin('thing', '10.8.2');
});
