/**
 * yarn.lock of Yarn 1: blocks at the margin, headed by the patterns they answer, with fields two spaces in.
 * `resolved` is where Yarn 1 fetches from, whatever registry is configured (tried with 1.22.22).
 */
import { claimedFromHex } from '../../../core/digest.ts';
import {
  checkedEntry,
  invalidLockfile,
  lockfileLimits,
  sourceOfSpecifier,
  splitNameAt,
  type LockedEntry,
  type Lockfile,
} from './types.ts';

interface Block {
  readonly patterns: readonly string[];
  readonly line: number;
  readonly fields: Map<string, string>;
}

/** Throws LOCKFILE_INVALID with the line. */
export function readYarnClassicLockfile(text: string): Lockfile {
  if (!/^# yarn lockfile v1\s*$/m.test(text.slice(0, 2000)))
    throw invalidLockfile('it does not say "yarn lockfile v1"');
  return {
    format: 'yarn-classic',
    version: '1',
    entries: blocksOf(text).map((block) => checkedEntry(entryOf(block))),
  };
}

function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const number = index + 1;
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (/^[<=>|]{7}/.test(line)) throw invalidLockfile(`line ${number} is a merge conflict`);
    if (!line.startsWith(' ')) {
      if (!line.endsWith(':')) throw invalidLockfile(`line ${number} is no entry`);
      if (blocks.length >= lockfileLimits.entries)
        throw invalidLockfile(`it locks more than ${lockfileLimits.entries} packages`);
      blocks.push({ patterns: words(line.slice(0, -1), ',', number), line: number, fields: new Map() });
      continue;
    }
    const block = blocks.at(-1);
    if (block === undefined) throw invalidLockfile(`line ${number} belongs to no entry`);
    // Deeper lines are the dependencies of the entry: they name ranges, not artifacts.
    if (line.startsWith('    ') || /^ {2}[\w"@./-]+:$/.test(line)) continue;
    const [key, value, ...rest] = words(line.slice(2), ' ', number);
    if (key === undefined || value === undefined || rest.length > 0) {
      if (key !== 'integrity') throw invalidLockfile(`line ${number} is no field`);
    }
    if (block.fields.has(key ?? '')) throw invalidLockfile(`line ${number} repeats ${JSON.stringify(key)}`);
    block.fields.set(key ?? '', [value, ...rest].join(' '));
  }
  return blocks;
}

/** Words, quoted or not, between separators; one pass. */
function words(text: string, separator: ',' | ' ', line: number): readonly string[] {
  const found: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = rest.startsWith('"')
      ? /^"(?:[^"\\]|\\.)*"/.exec(rest)
      : separator === ','
        ? /^[^",]+/.exec(rest)
        : /^[^" ]+/.exec(rest);
    if (match === null) throw invalidLockfile(`line ${line} has a quote that does not end`);
    found.push(match[0].startsWith('"') ? unquoted(match[0], line) : match[0].trim());
    rest = rest.slice(match[0].length).trimStart();
    if (separator !== ',') continue;
    if (rest !== '' && !rest.startsWith(',')) throw invalidLockfile(`line ${line} is no list of patterns`);
    rest = rest.slice(1).trimStart();
  }
  return found;
}

function unquoted(text: string, line: number): string {
  try {
    return JSON.parse(text) as string;
  } catch (cause) {
    throw invalidLockfile(`line ${line} has a broken string`, cause);
  }
}

function entryOf(block: Block): LockedEntry {
  const [pattern = ''] = block.patterns;
  const asked = splitNameAt(pattern);
  const specifier = asked?.rest ?? '';
  // `alias@npm:real@range`: the package is `real`.
  const aliased = /^npm:(.+)$/.exec(specifier)?.[1];
  const name = aliased === undefined ? (asked?.name ?? pattern) : (splitNameAt(aliased)?.name ?? aliased);
  const [url, fragment] = (block.fields.get('resolved') ?? '').split('#', 2);
  const spoken = aliased === undefined ? sourceOfSpecifier(specifier) : 'registry';
  const source = sourceOf(spoken, url ?? '');
  return {
    key: pattern,
    name,
    version: block.fields.get('version'),
    integrity: block.fields.get('integrity') ?? sriOfSha1(fragment),
    url: source === 'local' || url === '' ? undefined : url,
    source,
  };
}

/** A pattern such as `foo@user/repo` may be git by shorthand; a registry's range never has a URL of its own. */
function sourceOf(spoken: LockedEntry['source'], url: string): LockedEntry['source'] {
  if (url === '') return spoken === 'registry' ? 'registry' : 'local';
  if (!/^https?:/i.test(url))
    return sourceOfSpecifier(url) === 'local' || !/^[a-z+]+:/i.test(url) ? 'local' : 'git';
  return spoken === 'local' ? 'url' : spoken;
}

function sriOfSha1(fragment: string | undefined): string | undefined {
  const claimed = fragment === undefined ? undefined : claimedFromHex('sha1', fragment);
  return claimed === undefined ? undefined : `sha1-${Buffer.from(claimed.hex, 'hex').toString('base64')}`;
}
