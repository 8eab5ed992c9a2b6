/** Telling a program that was patched from one that another compiler made. Pure. */
import { executableSpans } from './elf.ts';
import { blankedElf } from './normalisers.ts';

/**
 * Measured (docs/reproducibility.md): where another compiler or header made other code of the same length, 460 bytes and more
 * differed, in tables of symbols too. Whoever turns a jump around, or a call into nothing, changes a few, and only code.
 */
const mostPatched = 64;

/** Both of one length, a few bytes of code differ, and nothing else does but the id and link of debug files. */
export function isPatched(theirs: Uint8Array, ours: Uint8Array): boolean {
  if (theirs.length !== ours.length) return false;
  const spans = executableSpans(ours);
  if (spans === undefined) return false;
  const [upstream, rebuilt] = [blankedElf(theirs), blankedElf(ours)];
  let differing = 0;
  for (const [at, byte] of upstream.entries()) {
    if (byte === rebuilt[at]) continue;
    differing += 1;
    if (differing > mostPatched || !spans.some(({ from, to }) => from <= at && at < to)) return false;
  }
  return differing > 0;
}
