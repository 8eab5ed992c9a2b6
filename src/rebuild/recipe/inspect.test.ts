import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { noBuilds, openBuildWorld, type BuildWorld } from '../../../test/support/builds.ts';
import { archive, member } from '../../../test/support/tar-builder.ts';
import { sha256 } from '../../core/digest.ts';
import { aRecipe } from '../../../test/support/recipes.ts';
import { commitInArchive, inspectSource } from './inspect.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';

/** The two blocks with which `git archive` begins. */
function head(content: string, name = 'pax_global_header', type = 'g'): string {
  return `${name.padEnd(156, '\0')}${type}`.padEnd(512, '\0') + content.padEnd(512, '\0');
}

it('reads the commit that git archive writes, and nothing that only looks like it', () => {
  assert.equal(commitInArchive(head(`52 comment=${commit}\n`)), commit);
  assert.equal(commitInArchive(head(`12 mtime=123\n52 comment=${commit}\n`)), commit);
  const other = [
    '',
    head(''),
    head(`52 comment=${commit.slice(1)}\n`),
    head(`52 comment=${commit}g\n`),
    head(`52 comment=${commit.toUpperCase()}\n`),
    head(`x 52 comment=${commit}\n`),
    head(`52 comment=${commit}\n`, 'pax_global_header', 'x'),
    head(`52 comment=${commit}\n`, 'other'),
  ];
  for (const text of other) assert.equal(commitInArchive(text), undefined, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1024 }), (text) => {
      assert.equal(commitInArchive(text), undefined);
      const found = commitInArchive(head(text));
      assert.ok(found === undefined || text.includes(found));
    }),
  );
});

describe('a source that is looked at', { skip: noBuilds ?? false }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await openBuildWorld();
  });
  after(() => world.close());

  it('tells its files, their digests and the commit that its archive names, however it is compressed', async () => {
    const at = (path: string, content: string) => member({ path, content, mtime: 1_700_000_000 });
    const files = [at('a-1/package.json', '{}'), at('a-1/lib/x.js', 'x')];
    const global = member({ path: 'pax_global_header', flag: 'g', content: `52 comment=${commit}\n` });
    const base = await world.base(aRecipe());
    for (const [bytes, named] of [
      [gzipSync(archive(global, ...files)), commit],
      [archive(global, ...files), commit],
      [gzipSync(archive(...files)), undefined],
    ] as const) {
      const found = await inspectSource(world.deps, await world.archive(bytes), base);
      assert.equal(found.namedCommit, named);
      assert.equal(found.isPacked, false);
      assert.deepEqual(found.paths, ['lib/x.js', 'package.json']);
      assert.deepEqual(new Set(found.digests), new Set([sha256('{}'), sha256('x')]));
    }
  });

  it('tells what is made as npm packs from a checkout', async () => {
    const base = await world.base(aRecipe());
    const packed = async (...members: readonly Buffer[]): Promise<boolean> =>
      (await inspectSource(world.deps, await world.archive(archive(...members)), base)).isPacked;
    const at = (path: string, mtime: number) => member({ path, content: '{}', mtime });
    assert.equal(await packed(at('package/package.json', 1_700_000_000)), true);
    assert.equal(await packed(at('a-1/package.json', 499_162_500)), true);
    assert.equal(await packed(at('a-1/package.json', 1_700_000_000)), false);
    // Not its only folder: a part of the source that is called so.
    assert.equal(await packed(at('package/package.json', 1e9), at('README.md', 1e9)), false);
  });
});
