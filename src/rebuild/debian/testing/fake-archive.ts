/** A small Debian archive in memory, signed with keys made for the test; every part can be tampered with. */
import { gzipSync } from 'node:zlib';
import { createCleartextMessage, generateKey, readPrivateKey, sign, type PrivateKey } from 'openpgp';
import { sha256, type Sha256 } from '../../../core/digest.ts';
import type { ArchiveDeps } from '../deps.ts';
import { pinKeys } from '../openpgp.ts';
import type { SuiteOptions } from '../archive.ts';
import type { ReleaseMemory } from '../release.ts';
import { storedXz } from './stored-xz.ts';

export const now = new Date('2026-03-01T12:00:00Z');

export interface FakeKey {
  readonly key: PrivateKey;
  readonly fingerprint: string;
  readonly keyring: Uint8Array;
}

/** Whose name and mail say nothing; it is a day old. */
export async function fakeKey(): Promise<FakeKey> {
  const { privateKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Archive of a test' }],
    date: new Date(now.getTime() - 86_400_000),
    format: 'armored',
  });
  const key = await readPrivateKey({ armoredKey: privateKey });
  return {
    key,
    fingerprint: key.getFingerprint().toUpperCase(),
    keyring: key.toPublic().write(),
  };
}

export async function clearSign(text: string, key: FakeKey): Promise<string> {
  const message = await createCleartextMessage({ text });
  const signed = await sign({ message, signingKeys: key.key, date: new Date(now.getTime() - 3_600_000) });
  return signed.replaceAll('\r\n', '\n');
}

export interface FakeParts {
  readonly date?: string;
  readonly validUntil?: string;
  /** Where it lies. */
  readonly suite?: string;
  /** What it says it is. */
  readonly codename?: string;
  /** Of the paragraph in Sources; `$DSC` and `$TAR` are `<sha256> <size>`. */
  readonly dscText?: string;
  readonly sourcesText?: string;
  /** Of `tiny-bin`. */
  readonly binaryVersion?: string;
  readonly binary?: Uint8Array;
  /** What its indexes are compressed with. Default: gzip. */
  readonly xz?: boolean;
}

export const tarBytes = Buffer.from('an archive of sources');
export const debBytes = Buffer.from('a binary package');
const listed = (bytes: Uint8Array, name: string): string => `${sha256(bytes)} ${bytes.length} ${name}`;

export const honestDsc = `Format: 3.0 (quilt)
Source: tiny
Binary: tiny
Version: 1.0-1
Build-Depends: debhelper-compat (= 13), debhelper | make
Checksums-Sha256:
 ${listed(tarBytes, 'tiny_1.0.orig.tar.xz')}
`;

/** URL path → bytes. */
export async function fakeArchive(key: FakeKey, parts: FakeParts = {}): Promise<Map<string, Buffer>> {
  const binary = Buffer.from(parts.binary ?? debBytes);
  const dsc = Buffer.from(parts.dscText ?? honestDsc);
  const sources =
    parts.sourcesText ??
    `Package: other
Version: 2
Directory: pool/main/o/other
Checksums-Sha256:
 ${listed(tarBytes, 'other_2.dsc')}

Package: tiny
Version: 1.0-1
Directory: pool/main/t/tiny
Checksums-Sha256:
 ${listed(dsc, 'tiny_1.0-1.dsc')}
 ${listed(tarBytes, 'tiny_1.0.orig.tar.xz')}
`;
  const packages = `Package: tiny-bin
Source: tiny (1.0-1)
Version: ${parts.binaryVersion ?? '1:1.0-1+b1'}
Architecture: amd64
Filename: pool/main/t/tiny/tiny-bin_1.0-1+b1_amd64.deb
Size: ${binary.length}
SHA256: ${sha256(binary)}

Package: debhelper
Version: 13.11
Architecture: all
Provides: debhelper-compat (= 13), dh-sequence-dwz
Filename: pool/main/d/debhelper/debhelper_13.11_all.deb
Size: ${debBytes.length}
SHA256: ${sha256(debBytes)}
`;
  const { suite = 'bookworm' } = parts;
  const [ending, pack] = parts.xz === true ? ['xz', storedXz] : ['gz', gzipSync];
  const indexes: readonly (readonly [string, Buffer])[] = [
    [`main/source/Sources.${ending}`, pack(Buffer.from(sources))],
    [`main/binary-amd64/Packages.${ending}`, pack(Buffer.from(packages))],
  ];
  const release = `Origin: Test
Suite: stable
Codename: ${parts.codename ?? suite}
Date: ${parts.date ?? 'Sat, 28 Feb 2026 10:00:00 UTC'}
${parts.validUntil === undefined ? '' : `Valid-Until: ${parts.validUntil}\n`}Architectures: amd64
Components: main
SHA256:
${indexes.map(([name, bytes]) => ` ${listed(bytes, name)}`).join('\n')}`;
  return new Map([
    [`/debian/dists/${suite}/InRelease`, Buffer.from(await clearSign(release, key))],
    ...indexes.map(([name, bytes]) => [`/debian/dists/${suite}/${name}`, bytes] as const),
    ['/debian/pool/main/t/tiny/tiny_1.0-1.dsc', dsc],
    ['/debian/pool/main/t/tiny/tiny_1.0.orig.tar.xz', tarBytes],
    ['/debian/pool/main/t/tiny/tiny-bin_1.0-1+b1_amd64.deb', binary],
  ]);
}

export function fakeDeps(
  served: ReadonlyMap<string, Buffer>,
  at: Date = now,
): ArchiveDeps & { asked: string[] } {
  const kept = new Map<Sha256, Uint8Array>();
  const seen = new Map<string, ReleaseMemory>();
  const asked: string[] = [];
  return {
    asked,
    files: {
      read: (url) => {
        asked.push(decodeURIComponent(url.pathname));
        return Promise.resolve(served.get(decodeURIComponent(url.pathname)));
      },
    },
    bytes: {
      get: (digest) => Promise.resolve(kept.get(digest)),
      put: (bytes) => {
        kept.set(sha256(bytes), bytes);
        return Promise.resolve(sha256(bytes));
      },
    },
    memory: {
      last: (archive, suite) => Promise.resolve(seen.get(`${archive} ${suite}`)),
      remember: (archive, suite, release) => {
        seen.set(`${archive} ${suite}`, release);
        return Promise.resolve();
      },
    },
    clock: () => at,
  };
}

export async function fakeOptions(key: FakeKey): Promise<SuiteOptions> {
  return {
    archive: 'https://archive.example.com/debian',
    suite: 'bookworm',
    component: 'main',
    architecture: 'amd64',
    keys: await pinKeys(key.keyring, [key.fingerprint]),
  };
}
