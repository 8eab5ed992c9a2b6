/** Places in code that no editor shows at first: behind long runs of what looks like nothing. */
import { bufferOf } from './byte-facts.ts';

const most = 100;
const runs = [
  ' '.repeat(120),
  '\t'.repeat(25),
  '\u00a0'.repeat(40),
  '\u3000'.repeat(20),
  '\u2003'.repeat(40),
];
const lines = ['\n'.repeat(200), '\r\n'.repeat(200)];

/** Offsets of what follows such a run: of spaces behind other text, or of empty lines. */
export function outOfSight(bytes: Uint8Array): readonly number[] {
  const buffer = bufferOf(bytes);
  return [
    ...runs.flatMap((run) => after(buffer, run).filter(({ from }) => hasTextBefore(buffer, from))),
    ...lines.flatMap((run) => after(buffer, run)),
  ].map(({ to }) => to);
}

function after(buffer: Buffer, run: string): readonly { readonly from: number; readonly to: number }[] {
  const looked = Buffer.from(run, 'utf8');
  const found: { from: number; to: number }[] = [];
  for (let from = buffer.indexOf(looked); from !== -1 && found.length < most;) {
    let to = from + looked.length;
    while (isNothing(buffer[to])) to += 1;
    found.push({ from, to });
    from = buffer.indexOf(looked, to);
  }
  return found;
}

/** Blanks, ends of lines, and the bytes that wider blanks are made of. */
function isNothing(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    byte <= 0x20 ||
    byte === 0xc2 ||
    byte === 0xa0 ||
    byte === 0xe2 ||
    byte === 0xe3 ||
    byte === 0x80 ||
    byte === 0x83
  );
}

function hasTextBefore(buffer: Buffer, offset: number): boolean {
  const line = buffer.toString('latin1', Math.max(0, offset - 2000), offset);
  return /[^\s\u00a0]/.test(line.slice(line.lastIndexOf('\n') + 1));
}
