/**
 * `pnpm-lock.yaml`, from version 5 on. It names no place for a tarball of the registry, so only the lines that do name
 * one (`tarball:`, `type: git`) are looked at. pnpm writes one entry's resolution on one line, or key by key.
 */
import { atMost20, placed, refusal, type PlacedLockfile } from './lockfile.ts';

export function placePnpmLock(text: string): PlacedLockfile {
  const refused: string[] = [];
  const lines = text.split('\n');
  let key = '';
  const placedLines = lines.map((line, index) => {
    const found = /^ {2}(?:'([^']+)'|(\S[^']*?)):(?: |$)/.exec(line);
    if (found !== null) key = found[1] ?? found[2] ?? '';
    if (/\b(?:type: git|repo: |directory: )/.test(line) && /^ {4}/.test(line) && line.includes('git'))
      refused.push(refusal(key, 'a git repository'));
    const url = /(?<![\w-])tarball: '?([^\s,'}]+)/.exec(line)?.[1];
    if (url === undefined || !/^ {4}/.test(line)) return line;
    if (url.startsWith('file:')) return line;
    const claimed = [-1, 0, 1].some((by) => /integrity: '?sha/.test(lines[index + by] ?? ''));
    const place = placed({ ...nameAndVersion(key), url, claimed });
    if (place === undefined) refused.push(refusal(key, url));
    return place === undefined ? line : line.replace(url, () => place);
  });
  return { text: placedLines.join('\n'), refused: atMost20(refused) };
}

/** Keys: `/name/1.0.0_peers` (5), `/name@1.0.0(peers)` (6), `name@1.0.0` (9). */
function nameAndVersion(key: string): {
  readonly name: string | undefined;
  readonly version: string | undefined;
} {
  const plain = (key.startsWith('/') ? key.slice(1) : key).replace(/\(.*$/, '');
  const match = /^((?:@[^/@]+\/)?[^/@]+)[@/]([^/_]+)(?:_.*)?$/.exec(plain);
  return { name: match?.[1], version: match?.[2] };
}
