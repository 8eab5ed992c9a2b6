/** `yarn.lock` of Yarn 1: blocks of lines, whose `resolved` names the URL and, behind `#`, a SHA-1. */
import { atMost20, placed, refusal, type PlacedLockfile } from './lockfile.ts';

interface Block {
  name: string | undefined;
  version: string | undefined;
  /** Whether it has `integrity`, which stands behind `resolved`. */
  readonly claimed: boolean;
}

export function placeYarnClassicLock(text: string): PlacedLockfile {
  const lines = text.split('\n');
  const refused: string[] = [];
  let block: Block = { name: undefined, version: undefined, claimed: false };
  const placedLines = lines.map((line, index) => {
    if (/^[^\s#]/.test(line))
      block = { name: nameIn(line), version: undefined, claimed: claims(lines, index) };
    const version = /^ {2}version "?([^"\s]+)"?\s*$/.exec(line)?.[1];
    if (version !== undefined) block.version = version;
    const resolved = /^ {2}resolved "?([^"\s]+)"?\s*$/.exec(line)?.[1];
    if (resolved === undefined) return line;
    const [url = '', sha1] = resolved.split('#');
    const claimed = block.claimed || /^[0-9a-f]{40}$/.test(sha1 ?? '');
    const place = placed({ name: block.name, version: block.version, url, claimed });
    if (place === undefined) {
      refused.push(refusal(block.name ?? 'a package', url));
      return line;
    }
    return `  resolved "${place}${sha1 === undefined ? '' : `#${sha1}`}"`;
  });
  return { text: placedLines.join('\n'), refused: atMost20(refused) };
}

/** Of `"@scope/a@^1", "b@npm:@scope/a@^1":` the package's own name, an alias followed. */
function nameIn(header: string): string | undefined {
  const first = /^"?([^",:][^",]*?)"?(?:,|:\s*$)/.exec(header)?.[1];
  const at = first?.indexOf('@', 1) ?? -1;
  if (first === undefined || at < 1) return undefined;
  const alias = /^npm:((?:@[^@/]+\/)?[^@]+)(?:@|$)/.exec(first.slice(at + 1));
  return alias?.[1] ?? first.slice(0, at);
}

function claims(lines: readonly string[], header: number): boolean {
  for (let index = header + 1; index < Math.min(lines.length, header + 500); index += 1) {
    const line = lines[index] ?? '';
    if (/^[^\s#]/.test(line)) return false;
    if (/^ {2}integrity \S/.test(line)) return true;
  }
  return false;
}
