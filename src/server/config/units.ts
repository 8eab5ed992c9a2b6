/** Durations (`90s`, `72h`, `3d`) and sizes (`64MiB`) as people write them in a configuration. */

const msPer: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const bytesPer: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Milliseconds, or undefined when the text is no duration. A bare `0` is one; any other number needs its unit. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/.exec(text);
  const factor = msPer[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

/** Bytes, or undefined when the text is no size. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(B|KiB|MiB|GiB)$/.exec(text);
  const factor = bytesPer[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}
