/** Bytes to lines, with a bound on each: both ends of the signer's pipe take in their lines with this. */

/** Feeds chunks to the returned function. `overflow` is called once, and then nothing more. */
export function lineSplitter(
  maxBytes: number,
  line: (text: string) => void,
  overflow: () => void,
): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  let held = 0;
  let over = false;
  return (chunk) => {
    for (let at = 0; at < chunk.length && !over;) {
      const newline = chunk.indexOf(0x0a, at);
      const piece = chunk.subarray(at, newline === -1 ? chunk.length : newline);
      held += piece.length;
      if (held > maxBytes) {
        over = true;
        pieces = [];
        overflow();
        return;
      }
      pieces.push(piece);
      if (newline === -1) return;
      const text = Buffer.concat(pieces).toString('utf8');
      pieces = [];
      held = 0;
      at = newline + 1;
      line(text);
    }
  };
}
