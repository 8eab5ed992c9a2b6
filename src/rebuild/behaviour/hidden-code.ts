/** Command lines that hide what they run: decoded on the way, or straight from a network. Pure. */

export type Hidden = 'fetched' | 'decoded' | 'opaque' | undefined;

const shell = String.raw`(?:/\S{1,60}/)?(?:ba|da|z|k)?sh`;
const runner = String.raw`(?:${shell}|(?:/\S{1,60}/)?(?:node|python[\d.]*|perl|ruby|php))`;
const fetcher = String.raw`(?:curl|wget|fetch|lwp-request)`;
const intoRunner = String.raw`\|\s{0,9}(?:sudo\s+(?:-\S+\s+){0,5})?(?:env\s+)?${runner}\b`;

const fetched: readonly RegExp[] = [
  new RegExp(String.raw`\b${fetcher}\b[^;&\n]{0,2000}?${intoRunner}`),
  new RegExp(String.raw`\b(?:eval|${runner}\s+-[ce])\s+["']?(?:\$\(|${'`'}|<\()\s{0,9}${fetcher}\b`),
  new RegExp(String.raw`\b${runner}\s+<\(\s{0,9}${fetcher}\b`),
];
const decodes: readonly RegExp[] = [
  /\bbase(?:64|32)\s+(?:-\w{0,5}[dD]\w{0,5}|--decode)\b/,
  /\bopenssl\s+(?:enc|base64)\b[^|;]{0,200}\s-d\b/,
  /\bxxd\s+(?:-\w\s+){0,5}-r\b/,
  /\bBuffer\s{0,9}\.\s{0,9}from\s{0,9}\([^]{0,2000}?["'`](?:base64|hex)["'`]/,
  /\b(?:atob|unescape|b64decode|unhexlify|decode_base64|fromCharCode|bytes\.fromhex|a2b_base64)\s{0,9}\(/,
  /\$'(?:\\x[0-9a-f]{2}){8,}/i,
  /\bprintf\s+["'](?:\\x?[0-9a-f]{2,3}){8,}/i,
];
const runs: readonly RegExp[] = [
  new RegExp(intoRunner),
  /\b(?:eval|exec|execSync|spawn|spawnSync|Function|runInThisContext|runInNewContext|_compile|compile|system)\s{0,9}\(/,
  /\beval\s+["'$`]/,
  new RegExp(String.raw`\b${runner}\s+(?:-[ce]\s+)?["']?(?:\$\(|${'`'}|<\()`),
];
const opaque = /[A-Za-z0-9+/]{240,}={0,2}|(?:\\x[0-9a-f]{2}|\\u00[0-9a-f]{2}|%[0-9a-f]{2}){30,}/i;

/** Of one command line, as far as it was seen. */
export function hiddenIn(argv: readonly string[]): Hidden {
  // Code stands in one argument; a list of files is none.
  for (const word of argv.slice(1).filter((one) => one.length >= 12)) {
    const text = word.slice(0, 4000);
    if (fetched.some((one) => one.test(text))) return 'fetched';
    if (decodes.some((one) => one.test(text)) && runs.some((one) => one.test(text))) return 'decoded';
    if (opaque.test(text)) return 'opaque';
  }
  return undefined;
}
