/**
 * What may differ in a file of a binary package without a person having to look. Each leaves every other byte of the
 * file as it is, and changes both sides by the same rule: the rest must be equal, its layout too.
 */
import { createHash } from 'node:crypto';
import type { ComparedMember, Normaliser, Side } from '../../core/comparison-input.ts';
import { buildIdSpan, debugAltLinkSpan, debugLinkSpan, type Span } from './elf.ts';

function blank(find: (content: Uint8Array) => Span | undefined): Normaliser['apply'] {
  return (content) => {
    const span = find(content);
    if (span === undefined || content.subarray(span.from, span.to).every((byte) => byte === 0))
      return content;
    return Uint8Array.from(content).fill(0, span.from, span.to);
  };
}

export const elfBuildId: Normaliser = {
  name: 'elf-build-id',
  version: '1',
  reason:
    'The build id is a checksum of the file before its debug information was taken out, and names that information; nothing runs it.',
  apply: blank(buildIdSpan),
};

export const elfDebugLink: Normaliser = {
  name: 'elf-debuglink',
  version: '1',
  reason:
    'The debug link is the name and checksum of the file with the debug information, which is in no package compared here; it is not loaded.',
  apply: blank(debugLinkSpan),
};

export const elfDebugAltLink: Normaliser = {
  name: 'elf-debugaltlink',
  version: '1',
  reason:
    'The id of a second file with debug information, which is in no package compared here; neither is loaded. Its path is compared.',
  apply: blank(debugAltLinkSpan),
};

/** Without what these take out. */
export function blankedElf(content: Uint8Array): Uint8Array {
  return [buildIdSpan(content), debugLinkSpan(content), debugAltLinkSpan(content)].reduce<Uint8Array>(
    (so, span) => (span === undefined ? so : Uint8Array.from(so).fill(0, span.from, span.to)),
    content,
  );
}

const scripts = /^control\/(?:preinst|postinst|prerm|postrm)$/;
/** Whole lines that begin with `#`: comments of a shell script (POSIX 2.3), and of a list of triggers (deb-triggers(5)). */
const marks = {
  script: /(?<=\n)(# Automatically added by dh_[a-z0-9_]{1,60})\/\d{1,4}(?:\.\d{1,4}){0,3}(?=\n)/g,
  triggers: /(?<=^|\n)(# Triggers added by dh_[a-z0-9_]{1,60})\/\d{1,4}(?:\.\d{1,4}){0,3}(?=\n)/g,
} as const;

/** What is run, and what is triggered, is compared around it. */
export const debhelperVersion: Normaliser = {
  name: 'debhelper-version',
  version: '1',
  reason:
    "Debhelper's own version, in the comment that it writes over what it adds to a script of installation or its triggers.",
  apply: (content, { path }) => {
    const text = Buffer.from(content).toString('latin1');
    const isScript = scripts.test(path) && /^#! ?\/bin\/(?:ba)?sh(?: -[a-z]+)?\n/.test(text);
    if (!isScript && path !== 'control/triggers') return content;
    const plain = text.replace(isScript ? marks.script : marks.triggers, '$1/<assay:version>');
    return plain === text ? content : Buffer.from(plain, 'latin1');
  },
};

export const md5sumsPath = 'control/md5sums';

/**
 * The checksums that dpkg lists follow from the files themselves, which are compared. Forgiven only where each is that
 * of its own side's file, so that no line of it can say anything else.
 */
export function md5sums(sides: Readonly<Record<Side, readonly ComparedMember[]>>): Normaliser {
  const known = new Map<Side, ReadonlyMap<string, string>>();
  const sumsOf = (side: Side): ReadonlyMap<string, string> => {
    const sums =
      known.get(side) ??
      new Map(
        sides[side]
          .filter(({ type, path }) => type === 'file' && path.startsWith('data/'))
          .map(({ path, content }) => [path.slice(5), createHash('md5').update(content).digest('hex')]),
      );
    known.set(side, sums);
    return sums;
  };
  return {
    name: 'md5sums',
    version: '1',
    reason:
      'The list has the checksum of each file as it is in its own package; the files are compared themselves.',
    apply: (content, { path, side }) => {
      if (path !== md5sumsPath) return content;
      const text = Buffer.from(content).toString('latin1');
      return Buffer.from(
        text.replace(/^([0-9a-f]{32}) {2}(.+)$/gm, (line, sum: string, name: string) =>
          sumsOf(side).get(Buffer.from(name, 'latin1').toString('utf8')) === sum
            ? `${'<assay:file>'.padEnd(32)}  ${name}`
            : line,
        ),
        'latin1',
      );
    },
  };
}
