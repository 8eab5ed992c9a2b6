import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError } from '../../core/errors.ts';
import { compare } from '../compare/compare.ts';
import { listOutput, readOutput } from '../sandbox/outputs.ts';
import { openSuite, type Suite } from './archive.ts';
import { findBinary } from './binary-package.ts';
import { readPlainDeb } from './deb.ts';
import { rebuildDebian, type DebianRebuild } from './rebuild.ts';
import { debianRules } from './rules.ts';
import {
  fakeArchive,
  fakeDeps,
  fakeKey,
  fakeOptions,
  honestDsc,
  type FakeKey,
} from './testing/fake-archive.ts';
import { fakeDeb, fakeElf } from './testing/fake-deb.ts';
import { playedSandbox } from './testing/played-sandbox.ts';

let key: FakeKey;
let folder: string;
before(async () => {
  key = await fakeKey();
  folder = await mkdtemp(join(tmpdir(), 'assay-earlier-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** As the played sandbox says of every source. */
const uploadedAt = 1_700_000_000;
const program = (code: string): Uint8Array =>
  fakeDeb([{ path: './usr/bin/tiny', mode: 0o755, content: fakeElf({ code: code.repeat(20) }) }]);
const [older, newer, other] = [program('older'), program('NEWER'), program('12345')];

async function suiteOf(suite: string, binary: Uint8Array, packages = true): Promise<Suite> {
  const dscText = honestDsc.replace('debhelper | make', 'debhelper');
  const served = await fakeArchive(key, { suite, binary, binaryVersion: '1.0-1', dscText });
  const opened = await openSuite(fakeDeps(served), { ...(await fakeOptions(key)), suite });
  return packages
    ? opened
    : { ...opened, packages: () => Promise.resolve({ named: () => [], providersOf: () => [], size: 0 }) };
}

interface Given {
  readonly releasedAt?: number;
  readonly without?: ErrorCode;
  /** False: the earlier suite has none of the build dependencies. */
  readonly packages?: boolean;
}

/** Bases are named by their suites; a build in that of the earlier one makes what its compiler makes. */
async function rebuilt(
  published: Uint8Array,
  given: Given = {},
): Promise<DebianRebuild & { readonly bases: readonly string[] }> {
  const suite = await suiteOf('bookworm', published);
  const bases: string[] = [];
  const rebuild = await rebuildDebian(
    {
      sandbox: playedSandbox(folder, (root) => (root === 'bullseye' ? older : newer)),
      outputs: { list: listOutput, read: readOutput },
      bases: {
        base: (_packages, suites) => {
          const path = suites.map(({ options }) => options.suite).join('+');
          bases.push(path);
          return Promise.resolve({ path, digest: 'a'.repeat(64), packages: [] });
        },
      },
      monotonicMs: () => 0,
      compare: (theirs, ours, facts) => {
        const [upstream, rebuilt] = [
          readPlainDeb(theirs.plain, theirs.d0),
          readPlainDeb(ours.plain, ours.d0),
        ];
        return Promise.resolve(compare({ upstream, rebuilt, facts, rules: debianRules(upstream, rebuilt) }));
      },
    },
    {
      suite,
      binary: await findBinary(suite, 'tiny-bin'),
      earlier: async () => {
        if (given.without !== undefined) throw new AssayError(given.without, 'not to be had');
        const { releasedAt = uploadedAt + 1, packages } = given;
        return { suite: await suiteOf('bullseye', published, packages), releasedAt };
      },
    },
  );
  return { ...rebuild, bases };
}

function verdictOf({ outcome }: DebianRebuild): string {
  return outcome.state === 'compared' ? outcome.comparison.verdict : outcome.cause;
}

describe('a package that is older than the suite before', () => {
  test('is built once more with the packages of that suite, and the better one counts', async () => {
    const rebuild = await rebuilt(older);
    assert.deepEqual([verdictOf(rebuild), rebuild.bases], ['identical', ['bookworm', 'bullseye']]);
    assert.deepEqual(
      rebuild.inputs.filter(({ role }) => role === 'base').map(({ name }) => name),
      ['Debian bullseye'],
      'what is attested is what it was built with',
    );
    assert.match(rebuild.log, /once more, with the packages of bullseye/);
  });

  test('is not built again where it came out as published at once', async () => {
    const rebuild = await rebuilt(newer);
    assert.deepEqual([verdictOf(rebuild), rebuild.bases], ['identical', ['bookworm']]);
  });

  test('keeps the first outcome where the second is no better', async () => {
    const rebuild = await rebuilt(other);
    assert.deepEqual([verdictOf(rebuild), rebuild.bases], ['unexplained', ['bookworm', 'bullseye']]);
    assert.deepEqual(
      rebuild.inputs.filter(({ role }) => role === 'base').map(({ name }) => name),
      ['Debian bookworm'],
    );
    const absent = await rebuilt(older, { packages: false });
    assert.deepEqual([verdictOf(absent), absent.bases], ['unexplained', ['bookworm']]);
  });

  test('is not built again where nothing older is to be had, or what there is is not to be believed', async () => {
    for (const without of [
      'SOURCE_UNREADABLE',
      'UPSTREAM_UNREACHABLE',
      'DEBIAN_SIGNATURE_INVALID',
    ] as const) {
      const rebuild = await rebuilt(older, { without });
      assert.deepEqual([verdictOf(rebuild), rebuild.bases], ['unexplained', ['bookworm']], without);
    }
  });
});

test('a package that was uploaded after the suite before was released is not built with that', async () => {
  const rebuild = await rebuilt(older, { releasedAt: uploadedAt });
  assert.deepEqual([verdictOf(rebuild), rebuild.bases], ['unexplained', ['bookworm']]);
});
