/** What a run writes to its stdout and stderr: hostile, so bounded, cut and made well-formed. */

const keptBytes = 1 << 20;
const lineBytes = 16 * 1024;

export interface OutputLog {
  readonly take: (chunk: Buffer) => void;
  /** The last 1 MiB; ends the last line. */
  readonly end: () => string;
}

export function collectOutput(onLine: ((line: string) => void) | undefined): OutputLog {
  let kept: Buffer[] = [];
  let size = 0;
  let line = Buffer.alloc(0);
  // The rest of a line that was given already in part.
  let cut = false;

  const give = (bytes: Buffer): void => {
    if (!cut) onLine?.(bytes.subarray(0, lineBytes).toString('utf8').toWellFormed());
  };
  const lines = (chunk: Buffer): void => {
    let start = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
      give(Buffer.concat([line, chunk.subarray(start, at)]));
      line = Buffer.alloc(0);
      cut = false;
      start = at + 1;
    }
    if (cut) return;
    line = Buffer.concat([line, chunk.subarray(start)]);
    if (line.length < lineBytes) return;
    give(line);
    line = Buffer.alloc(0);
    cut = true;
  };

  return {
    take: (chunk) => {
      if (onLine !== undefined) lines(chunk);
      kept.push(chunk);
      size += chunk.length;
      if (size < 2 * keptBytes) return;
      const last = Buffer.concat(kept).subarray(-keptBytes);
      kept = [Buffer.from(last)];
      size = last.length;
    },
    end: () => {
      if (line.length > 0) give(line);
      line = Buffer.alloc(0);
      return Buffer.concat(kept).subarray(-keptBytes).toString('utf8').toWellFormed();
    },
  };
}
