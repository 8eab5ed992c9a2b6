/** The last lines of a build that runs, for whoever watches it; the whole log is a blob of its record. */

export interface LiveLine {
  /** From 1, without gaps. */
  readonly number: number;
  /** Hostile, well-formed, at most 2,000 characters. */
  readonly text: string;
}

export interface LiveLog {
  readonly add: (text: string) => void;
  readonly after: (number: number) => readonly LiveLine[];
}

const linesKept = 500;
const charactersKept = 2000;

export function createLiveLog(): LiveLog {
  const lines: LiveLine[] = [];
  let last = 0;
  return {
    add: (text) => {
      last += 1;
      lines.push({ number: last, text: text.slice(0, charactersKept).toWellFormed() });
      if (lines.length > linesKept) lines.shift();
    },
    after: (number) => lines.filter((line) => line.number > number),
  };
}
