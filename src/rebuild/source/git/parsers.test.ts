/** What git and repositories say: refs, objects, answers. All of it is hostile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../../core/errors.ts';
import { pathBetween } from '../history.ts';
import { isObjectName } from '../tag-names.ts';
import { batchReader, readHeader } from './batch.ts';
import { objectName, readCommit, readTag, readTree } from './objects.ts';
import { readRemoteRefs } from './refs.ts';

describe('what git says', () => {
  it('of refs: the default branch, branches, and tags where they finally point', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
    const refs = readRemoteRefs(
      `ref: refs/heads/main\tHEAD\n${a}\tHEAD\n${a}\trefs/heads/main\n${b}\trefs/tags/v1\n${c}\trefs/tags/v1^{}\n${b}\trefs/pull/1/head\nnonsense\n${b}\trefs/heads/a..b\n`,
    );
    assert.equal(refs.defaultBranch, 'refs/heads/main');
    assert.deepEqual([...refs.branches], [['refs/heads/main', a]]);
    assert.deepEqual([...refs.tags], [['v1', c]]);
    assert.equal(refs.unread, 1);
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const [ref, commit] of readRemoteRefs(text).branches)
          assert.ok(ref.startsWith('refs/heads/') && isObjectName(commit));
      }),
    );
  });

  it('of objects is read by its form and hashed again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-batch-'));
    try {
      const bytes = Buffer.from('hello\n');
      const name = objectName('blob', bytes, 40);
      assert.equal(
        name,
        execFileSync('git', ['hash-object', '--stdin'], { input: bytes, encoding: 'utf8' }).trim(),
      );
      const path = join(folder, 'objects');
      const read = async (text: string): Promise<unknown[]> => {
        writeFileSync(path, text, 'latin1');
        const file = await open(path);
        try {
          const reader = batchReader(file, Buffer.byteLength(text, 'latin1'));
          const all: unknown[] = [];
          for (;;) {
            const one = await reader.next(100);
            if (one === undefined) return all;
            all.push(typeof one === 'object' ? one.name : one);
          }
        } finally {
          await file.close();
        }
      };
      const good = `${name} blob 6\nhello\n\n`;
      assert.deepEqual(await read(`${good}HEAD:x missing\n${good}`), [name, 'missing', name]);
      const large = 'x'.repeat(101);
      assert.deepEqual(
        await read(`${objectName('blob', Buffer.from(large), 40)} blob 101\n${large}\n${good}`),
        ['too-large', name],
      );
      for (const bad of [
        good.replace('hello', 'hallo'),
        good.replace('blob 6', 'blob 7'),
        good.slice(0, -3),
        'x',
        `${name} blob -1\n\n`,
        `${name} tree 6\nhello\n\n`,
      ])
        await assert.rejects(read(bad), (error) => isAssayError(error, 'SOURCE_INVALID'), bad);
    } finally {
      rmSync(folder, { recursive: true });
    }
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          const header = readHeader(line);
          assert.ok(header === 'missing' || isObjectName(header.name) || /^0+$/.test(header.name));
        } catch (error) {
          assert.ok(isAssayError(error, 'SOURCE_INVALID'));
        }
      }),
    );
  });

  it('of a way between two commits is walked down the parents', () => {
    assert.deepEqual(pathBetween('d b c\nc a\nb a\n', 'd', 'a'), ['d', 'b', 'a']);
    assert.equal(pathBetween('d b\n', 'd', 'a'), undefined);
    assert.equal(pathBetween('a b\nb a\n', 'a', 'x'), undefined);
    assert.deepEqual(pathBetween('', 'a', 'a'), ['a']);
  });
});

describe('objects of git', () => {
  const commit = (lines: readonly string[]) => Buffer.from(`${lines.join('\n')}\n\nmessage\n`);
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];

  it('are read in the order that git writes, and never by what a message says', () => {
    const head = [`tree ${a}`, `parent ${b}`, 'author A <a> 1 +0000', 'committer C <c> 1700000000 +0100'];
    assert.deepEqual(readCommit(commit(head)), { tree: a, parents: [b], committedAt: 1_700_000_000 });
    assert.equal(readCommit(commit(['author A <a> 1 +0000', `tree ${a}`])), undefined);
    assert.equal(readCommit(Buffer.from(`x\n\ntree ${a}\n`)), undefined);
    assert.equal(readCommit(commit([`tree ${a}`, 'author A <a> 1 +0000'])), undefined);
    assert.deepEqual(readTag(Buffer.from(`object ${a}\ntype commit\ntag v1\n`)), {
      object: a,
      kind: 'commit',
    });
    assert.equal(readTag(Buffer.from(`type commit\nobject ${a}\n`)), undefined);
  });

  it('of trees are refused for names and modes that may not be', () => {
    const entry = (mode: string, name: string) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'utf8'), Buffer.from(a, 'hex')]);
    const read = (...entries: readonly Buffer[]) => readTree(Buffer.concat(entries), 40);
    assert.deepEqual(
      read(
        entry('100755', 'a'),
        entry('100664', 'b'),
        entry('40000', 'c'),
        entry('120000', 'd'),
        entry('160000', 'e'),
      ).map(({ kind }) => kind),
      ['executable', 'file', 'folder', 'link', 'submodule'],
    );
    for (const [mode, name] of [
      ['100644', '..'],
      ['100644', '.'],
      ['100644', ''],
      ['100644', 'a/b'],
      ['40000', '.git'],
      ['40000', '.Git'],
      ['40000', '.git '],
      ['40000', 'GIT~1'],
      ['104755', 'setuid'],
      ['020000', 'device'],
      ['10064', 'short'],
    ] as const)
      assert.throws(
        () => read(entry(mode, name)),
        (error) => isAssayError(error, 'SOURCE_INVALID'),
        `${mode} ${name}`,
      );
    assert.throws(() => read(entry('100644', 'a'), entry('40000', 'a')));
    assert.throws(() => read(Buffer.concat([Buffer.from('100644 \xff\0', 'latin1'), Buffer.from(a, 'hex')])));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          for (const { name } of readTree(bytes, 40))
            assert.ok(!['', '.', '..', '.git'].includes(name) && !name.includes('/'));
        } catch (error) {
          assert.ok(isAssayError(error, 'SOURCE_INVALID'));
        }
      }),
    );
  });
});
