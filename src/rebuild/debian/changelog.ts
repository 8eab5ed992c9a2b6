/**
 * Changelogs that debhelper cut: since 13.10, dh_installchangelogs keeps the newer entries alone and says so in two lines at the end
 * (its manual page, `--no-trim`). A build with another debhelper than upstream's has the others, or has not. Pure.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import type { ComparedMember, Normaliser, Side } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';

const changelogPath = /^data\/usr\/share\/doc\/([a-z0-9][a-z0-9+.-]{1,127})\/changelog(?:\.Debian)?\.gz$/;
const mostText = 16 * 1024 * 1024;
const mark = '<assay:older entries>\n';
/** As policy 12.7 and dh_compress have it: no name, no time, best compression, Unix. */
const gzipHeader = '1f8b0800000000000203';

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** The text of a file as `gzip -9n` writes it, and nothing behind it. Undefined: it is another file. */
function gunzipPlain(bytes: Uint8Array): string | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.length < 18 || all.toString('hex', 0, 10) !== gzipHeader) return undefined;
  try {
    const packed = all.subarray(10, -8);
    const options = { info: true, maxOutputLength: mostText };
    // With `info`, which Node's types do not know.
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as Inflated;
    const whole =
      engine.bytesWritten === packed.length &&
      crc32(buffer) === all.readUInt32LE(all.length - 8) &&
      buffer.length === all.readUInt32LE(all.length - 4);
    return whole ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer) : undefined;
  } catch {
    // No deflate, too large, or no text: then it is not what this is about.
    return undefined;
  }
}

/** What comes before the two lines, which must be the last. Undefined: nothing was cut. */
function keptOf(text: string, name: string): string | undefined {
  const end = `# Older entries have been removed from this changelog.\n# To read the complete changelog use \`apt changelog ${name}\`.\n`;
  return text.endsWith(`\n${end}`) ? text.slice(0, -end.length) : undefined;
}

/** Forgives the entries that one side cut, where the other has the source's changelog as it is: all of both comes from there. */
export function changelogTrimmed(sides: Readonly<Record<Side, readonly ComparedMember[]>>): Normaliser {
  return {
    name: 'changelog-trimmed',
    version: '1',
    reason:
      'One side has the changelog of the source as it is, the other only its newer entries, as debhelper cuts it and says at the end.',
    apply: (content, { path, facts }) => {
      const [, name] = changelogPath.exec(path) ?? [];
      const kept = name === undefined ? undefined : commonPart(sides, path, name, facts.sourceFiles ?? []);
      return kept === undefined ? content : Buffer.from(kept + mark);
    },
  };
}

function commonPart(
  sides: Readonly<Record<Side, readonly ComparedMember[]>>,
  path: string,
  name: string,
  sourceFiles: readonly Sha256[],
): string | undefined {
  const textOf = (side: Side): string | undefined => {
    const [member, ...more] = sides[side].filter((one) => one.path === path && one.type === 'file');
    return member === undefined || more.length > 0 ? undefined : gunzipPlain(member.content);
  };
  const [theirs, ours] = [textOf('upstream'), textOf('rebuilt')];
  if (theirs === undefined || ours === undefined) return undefined;
  for (const [cut, whole] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const kept = keptOf(cut, name);
    if (kept !== undefined && whole.startsWith(kept) && sourceFiles.includes(sha256(whole))) return kept;
  }
  return undefined;
}
