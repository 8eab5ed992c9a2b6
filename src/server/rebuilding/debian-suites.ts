/**
 * Debian's archive as this machine's apt knows it, verified here by pinned keys: what builds take from Debian, and the archives
 * of sources that Debian vouches for. A suite is opened when it is asked for first, and again after an hour.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';
import { openSuite, urlOf, type Suite } from '../../rebuild/debian/archive.ts';
import { readParagraph } from '../../rebuild/debian/deb822.ts';
import type { ArchiveDeps } from '../../rebuild/debian/deps.ts';
import type { EarlierSuite } from '../../rebuild/debian/rebuild.ts';
import { pinKeys } from '../../rebuild/debian/openpgp.ts';
import { findSourcePackage } from '../../rebuild/debian/source-package.ts';
import type { ArchiveOffer, ReleaseFacts } from '../../rebuild/source/types.ts';
import type { Storage } from '../../storage/open.ts';
import { keepBytes } from './record-outcome.ts';

export interface DebianSuitesDeps {
  readonly storage: Pick<Storage, 'blobs' | 'settings'>;
  readonly files: ArchiveDeps['files'];
  readonly clock: Clock;
  /** Folder of apt's configuration. */
  readonly aptDirectory?: string;
}

export interface DebianSuites {
  /** Throws DEBIAN_*, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*. */
  readonly open: (suite: string) => Promise<Suite>;
  /** The stable release before this one, in the same archive. Undefined: none is known. Throws as `open` does. */
  readonly before: (suite: string) => Promise<EarlierSuite | undefined>;
  /** Never throws: what Debian has not, or what cannot be had now, is offered by nobody. */
  readonly offersFor: (release: ReleaseFacts, suite: string) => Promise<readonly ArchiveOffer[]>;
}

/**
 * "Debian Archive Automatic Signing Key", "Debian Stable Release Key" and "Debian Security Archive Automatic Signing Key" of
 * Debian 11, 12 and 13, by fingerprint.
 */
export const debianArchiveKeys: readonly string[] = [
  '1F89983E0081FDE018F3CC9673A4F27B8DD47936',
  'A4285295FC7B1A81600062A9605C66F00D6C9793',
  'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8',
  '4D64FEC119C2029067D6E791F8D2585B8783D481',
  '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
  '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
  'AC530D520F2F3269F5E98313A48449044AAD5C5D',
  '05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0',
  '5E04A1E3223A19A20706E20F9904613D4CCE68C6',
];

/** Codename → what was stable before it, and when that was released (Debian's announcements). */
const earlierSuites: ReadonlyMap<string, { readonly name: string; readonly releasedAt: number }> = new Map([
  ['bookworm', { name: 'bullseye', releasedAt: Date.UTC(2021, 7, 14) / 1000 }],
  ['trixie', { name: 'bookworm', releasedAt: Date.UTC(2023, 5, 10) / 1000 }],
]);

export const keyringPath = '/usr/share/keyrings/debian-archive-keyring.gpg';
const freshMs = 3_600_000;
const component = 'main';

interface Opened {
  readonly suite: Promise<Suite>;
  readonly atMs: number;
}

export function createDebianSuites(deps: DebianSuitesDeps): DebianSuites {
  const opened = new Map<string, Opened>();

  /** `beside`: a suite whose archive has this one too, where apt knows no other. */
  function open(name: string, beside?: string): Promise<Suite> {
    const nowMs = deps.clock().getTime();
    const known = opened.get(name);
    if (known !== undefined && nowMs - known.atMs < freshMs) return known.suite;
    const suite = openOne(deps, name, beside);
    opened.set(name, { suite, atMs: nowMs });
    suite.catch(() => opened.delete(name));
    return suite;
  }

  async function offersFor(release: ReleaseFacts, name: string): Promise<readonly ArchiveOffer[]> {
    try {
      const suite = await open(name);
      return await offersIn(suite, release);
    } catch (error) {
      if (isAssayError(error)) return [];
      throw error;
    }
  }

  async function before(name: string): Promise<EarlierSuite | undefined> {
    const earlier = earlierSuites.get(name);
    if (earlier === undefined) return undefined;
    return { suite: await open(earlier.name, name), releasedAt: earlier.releasedAt };
  }
  return { open: (name) => open(name), before, offersFor };
}

async function openOne(deps: DebianSuitesDeps, suite: string, beside: string | undefined): Promise<Suite> {
  const archive = await archiveOf(
    deps.aptDirectory ?? '/etc/apt',
    beside === undefined ? [suite] : [suite, beside],
  );
  const keys = await pinKeys(await keyring(), debianArchiveKeys);
  const { blobs, settings } = deps.storage;
  const key = (of: string, name: string): string => `debian-release ${of} ${name}`;
  return openSuite(
    {
      files: deps.files,
      clock: deps.clock,
      bytes: {
        get: async (digest, maxBytes) => {
          try {
            return await blobs.read(digest, maxBytes);
          } catch (error) {
            if (isAssayError(error, 'BLOB_MISSING')) return undefined;
            throw error;
          }
        },
        put: (bytes) => keepBytes(blobs, bytes),
      },
      memory: {
        last: async (of, name) => {
          const text = await settings.setting(key(of, name));
          return text === undefined ? undefined : memoryFrom(text);
        },
        remember: (of, name, release) => settings.setSetting(key(of, name), JSON.stringify(release)),
      },
    },
    { archive, suite, component, architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', keys },
  );
}

type Memory = Awaited<ReturnType<ArchiveDeps['memory']['last']>>;

/** What was written is ours. */
function memoryFrom(text: string): Memory {
  return JSON.parse(text) as Memory;
}

async function keyring(): Promise<Uint8Array> {
  try {
    return await readFile(keyringPath);
  } catch (cause) {
    throw new AssayError('SOURCE_UNREADABLE', `no keyring of Debian here: ${messageOf(cause)}`, { cause });
  }
}

/** The base URL of the archive that apt has for the first of these suites that it knows. Throws SOURCE_UNREADABLE. */
async function archiveOf(directory: string, suites: readonly string[]): Promise<string> {
  const texts = await sourcesIn(directory);
  for (const suite of suites)
    for (const text of texts) {
      const found = fromDeb822(text, suite) ?? fromLines(text, suite);
      if (found !== undefined) return found.endsWith('/') ? found : `${found}/`;
    }
  throw new AssayError(
    'SOURCE_UNREADABLE',
    `apt knows no archive of Debian ${suites[0] ?? ''} on this machine`,
  );
}

async function sourcesIn(directory: string): Promise<readonly string[]> {
  const folder = join(directory, 'sources.list.d');
  const names = await readdir(folder).catch(() => []);
  const paths = [join(directory, 'sources.list'), ...names.sort(byName).map((name) => join(folder, name))];
  return Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function fromDeb822(text: string, suite: string): string | undefined {
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split('\n').filter((line) => !line.startsWith('#'));
    try {
      const fields = readParagraph(`${lines.join('\n').trim()}\n`, 'an entry of apt');
      const words = (name: string): readonly string[] => fields.get(name.toLowerCase())?.split(/\s+/) ?? [];
      if (!words('Suites').includes(suite) || !words('Components').includes(component)) continue;
      const uri = words('URIs').find((one) => /^https?:/.test(one));
      if (uri !== undefined) return uri;
    } catch (error) {
      if (!isAssayError(error)) throw error;
    }
  }
  return undefined;
}

function fromLines(text: string, suite: string): string | undefined {
  const form = /^deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(?<uri>https?:\S+)\s+(?<suite>\S+)\s+(?<components>.*)$/;
  for (const line of text.split('\n')) {
    const { uri, suite: of, components = '' } = form.exec(line.trim())?.groups ?? {};
    if (uri !== undefined && of === suite && components.split(/\s+/).includes(component)) return uri;
  }
  return undefined;
}

/** Debian's source package of an npm package is `node-<name>`; its upstream version must be the very same. */
async function offersIn(suite: Suite, { name, version }: ReleaseFacts): Promise<readonly ArchiveOffer[]> {
  const source = `node-${name.replace(/^@/, '').replace('/', '-').replaceAll('_', '-').toLowerCase()}`;
  if (!/^[a-z0-9][a-z0-9+.-]{1,127}$/.test(source)) return [];
  const offers: ArchiveOffer[] = [];
  for (const paragraph of (await suite.sources()).named(source)) {
    const debian = paragraph.get('version') ?? '';
    if (upstreamVersion(debian) !== version) continue;
    const found = await findSourcePackage(suite, source, debian);
    const orig = new RegExp(`^${escaped(`${source}_${version}.orig.tar.`)}(?:gz|xz|bz2)$`);
    for (const [file, { sha256 }] of found.files) {
      if (!orig.test(file)) continue;
      offers.push({
        url: urlOf(suite.options.archive, `${found.folder}/${file}`).href,
        sha256,
        directory: '',
        because: `Debian's ${source} ${debian} is made from it: its signed index names its SHA-256.`,
        keys: suite.signedBy,
      });
    }
  }
  return offers;
}

/** Without epoch and revision. */
function upstreamVersion(debian: string): string {
  const plain = debian.replace(/^\d+:/, '');
  const at = plain.lastIndexOf('-');
  return at < 0 ? plain : plain.slice(0, at);
}

function escaped(text: string): string {
  return text.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&');
}
