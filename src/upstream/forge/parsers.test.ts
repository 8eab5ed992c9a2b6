/** No parser of this folder fails in another way than its own, whatever it is given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import {
  readComparison,
  readCommit,
  readHeads,
  readRef,
  readRepository,
  readRun,
  readTagObject,
} from './github-parse.ts';
import { NoAnswer } from './not-checked.ts';
import { packet, parsePackets, readCapabilities, readRefs } from './pkt-line.ts';
import { readLooseRef, readPackedRefs, readTagBytes } from './ref-files.ts';
import { isObjectId, isTagName, parseRepositoryUri, parseRunUri } from './repository-uri.ts';
import { commit, commitBody, repositoryBody, runBody } from './testing/github-server.ts';

function onlyNoAnswer<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof NoAnswer, String(error));
    return undefined;
  }
}

const objectId = fc.stringMatching(/^[0-9a-f]{40}$/);

test('packets: what was written is read, and any cut or any bytes are read or refused', () => {
  const texts = fc.array(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }).map((s) => s.replaceAll('\n', '')),
  );
  fc.assert(
    fc.property(texts, fc.nat(), (written, at) => {
      const bytes = Buffer.from(`${written.map(packet).join('')}0000`);
      assert.deepEqual(
        parsePackets(bytes).flatMap((one) => (one.kind === 'data' ? [one.text] : [])),
        written,
      );
      const cut = onlyNoAnswer(() => readRefs(parsePackets(bytes.subarray(0, at % bytes.length))));
      assert.equal(cut, undefined, 'a cut list is never a whole one');
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      onlyNoAnswer(() => readRefs(parsePackets(bytes)));
      onlyNoAnswer(() => readCapabilities(parsePackets(bytes)));
    }),
  );
});

test('refs: every object id that comes out is one', () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(objectId, fc.string(), fc.option(objectId))
      .map(([id, name, peeled]) => `${id} ${name}${peeled === null ? '' : ` peeled:${peeled}`}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const packets = [...lines.map((text) => ({ kind: 'data', text }) as const), { kind: 'flush' } as const];
      for (const { id, peeled } of onlyNoAnswer(() => readRefs(packets)) ?? [])
        assert.ok(isObjectId(id) && (peeled === undefined || isObjectId(peeled)));
    }),
  );
});

test('packed-refs: read back as written; a file that does not say what is peeled tells nothing of tags', () => {
  const ref = fc.record(
    {
      name: fc.stringMatching(/^refs\/tags\/[a-z0-9.]{1,10}$/),
      id: objectId,
      peeled: fc.option(objectId, { nil: undefined }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(ref, { minLength: 1 }), (refs) => {
      const body = refs.map(
        ({ id, name, peeled }) => `${id} ${name}\n${peeled === undefined ? '' : `^${peeled}\n`}`,
      );
      const text = `# pack-refs with: peeled fully-peeled sorted \n${body.join('')}`;
      assert.deepEqual(readPackedRefs(text), refs);
      assert.throws(() => readPackedRefs(body.join('')), NoAnswer);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      onlyNoAnswer(() => readPackedRefs(text));
      onlyNoAnswer(() => readPackedRefs(`# peeled\n${text}`));
      const id = onlyNoAnswer(() => readLooseRef(text));
      assert.ok(id === undefined || isObjectId(id));
    }),
  );
});

test('tag objects: a tag names its target, a commit is no tag, anything else is refused', () => {
  fc.assert(
    fc.property(objectId, fc.string(), (id, message) => {
      const body = `object ${id}\ntype commit\ntag v1\n\n${message}`;
      const whole = Buffer.from(`tag ${Buffer.byteLength(body)}\0${body}`);
      assert.deepEqual(readTagBytes(whole), { kind: 'commit', id });
      assert.throws(() => readTagBytes(whole.subarray(0, -1)), NoAnswer);
    }),
  );
  assert.equal(readTagBytes(Buffer.from('commit 3\0abc')), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      onlyNoAnswer(() => readTagBytes(bytes));
    }),
  );
});

test("GitHub's answers: any JSON is read or is none, and nothing inherited is read", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
      const object = body as JsonObject;
      readRepository(object);
      readCommit(object, commit);
      readComparison(object);
      readHeads(object, commit);
      readHeads([object, body], commit);
      readRun(object, '1', '1');
      readRef(object, 'refs/tags/v1');
      readTagObject(object, commit);
    }),
  );
  const inherited = (body: object): JsonObject => Object.create(body) as JsonObject;
  assert.equal(readRepository(inherited(repositoryBody)), undefined);
  assert.equal(readCommit(inherited(commitBody), commit), undefined);
  assert.equal(readRun(inherited(runBody), '77', '2'), undefined);
});

test("GitHub's answers: a change of any one field of a run never makes a failed run a success", () => {
  const failed = { ...runBody, conclusion: 'failure' };
  const keys = Object.keys(failed).filter((key) => key !== 'conclusion');
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      const run = readRun({ ...failed, [key]: value }, '77', '2');
      assert.notEqual(run?.conclusion, 'success');
    }),
  );
});

test('addresses: what is read is written back the same; anything climbing, encoded or odd is none', () => {
  const part = fc
    .stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,20}$/)
    .filter((text) => !text.endsWith('.git'));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (path) => {
      const uri = `https://git.example.com/${path.join('/')}`;
      for (const text of [uri, `${uri}.git`, `git+${uri}`])
        assert.deepEqual(parseRepositoryUri(text), { host: 'git.example.com', path });
    }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl(),
        fc.string(),
        fc.string().map((text) => `https://git.example.com/${text}`),
      ),
      (text) => {
        const place = parseRepositoryUri(text);
        if (place === undefined) return;
        const url = new URL(`https://${place.host}/${place.path.join('/')}`);
        assert.deepEqual(url.pathname.slice(1).split('/'), place.path, 'one meaning for every reader');
        assert.ok(place.path.every((one) => one !== '' && one !== '.' && one !== '..'));
        parseRunUri(text);
      },
    ),
  );
  for (const text of [
    'https://a@git.example.com/x/y',
    'https://git.example.com/x/../y',
    'https://git.example.com/x/%2e%2e/y',
    'https://git.example.com/x//y',
    'https://git.example.com/x/y?z',
    'https://git.example.com/x/y#z',
    'https://git.example.com\\@evil.example.com/x',
    'HTTPS://git.example.com/x/y\n',
    'ssh://git@git.example.com/x/y',
  ])
    assert.equal(parseRepositoryUri(text), undefined, text);
});

test('tag names: what is allowed is one plain path below refs/tags', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (name) => {
      if (!isTagName(name)) return;
      assert.equal(
        new URL(`file:///refs/tags/${name.replaceAll('%', '%25').replaceAll('#', '%23')}`).pathname.includes(
          '..',
        ),
        false,
      );
      assert.ok(!name.split('/').some((part) => part === '' || part.startsWith('.')));
    }),
  );
  for (const name of ['v1.0.0', '@scope/pkg@1.0.0', 'release-1/v2', 'v1.0.0-rc.1+build'])
    assert.ok(isTagName(name), name);
  for (const name of [
    '',
    '@',
    '.x',
    'x/.y',
    'x..y',
    'x.lock',
    'a/b.lock',
    'x/',
    '/x',
    'a//b',
    'x~1',
    'x^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a@{1}',
    'a b',
    'x.',
  ])
    assert.equal(isTagName(name), false, name);
});
