/** JSON in which nothing can be code: names alone, as lists of the globals of a language are. */

const mostBytes = 16 * 1024;
const mostNames = 400;
const longestName = 32;

/** What JSON of plain names is written with: no escapes, no numbers, nothing but ASCII. */
const plainText = /^[\s{}[\]:,"\w$-]*$/;
const name = /^[_$]{0,2}[A-Za-z][A-Za-z\d]*$/;
/** Whoever has these by name needs no other code. */
const powers =
  /^(?:process|require|module|mainModule|constructor|binding|dlopen|import|exec\w*|spawn\w*|fork|child_process|fs|vm|net|http|https|http2|tls|dns|os|fetch|XMLHttpRequest|WebSocket)$/i;

/** Of the bytes of a JSON file as they were shipped. What is too large to be looked at is not plain. */
export function isPlainNames(bytes: Uint8Array): boolean {
  if (bytes.length > mostBytes) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!plainText.test(text)) return false;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return false;
  }
  const names = namesIn(data);
  return names !== undefined && names.size <= mostNames && [...names].every(isName);
}

function isName(text: string): boolean {
  return text.length <= longestName && name.test(text) && !powers.test(text) && isOfWords(text);
}

/** `Uint8ClampedArray`: words of three letters and more. In an encoding, capitals, small ones and digits change sooner. */
function isOfWords(text: string): boolean {
  const words = text.match(/[A-Z]*[a-z]+|[A-Z]+|\d+/g) ?? [];
  return text.length <= 8 || text.length / words.length >= 3;
}

/** All texts, keys too; undefined where there is a number. The text is bounded, and so is the walk. */
function namesIn(data: unknown): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  const waiting: unknown[] = [data];
  while (waiting.length > 0) {
    const at = waiting.pop();
    if (typeof at === 'number') return undefined;
    if (typeof at === 'string') names.add(at);
    if (typeof at !== 'object' || at === null) continue;
    if (Array.isArray(at)) waiting.push(...(at as readonly unknown[]));
    else
      for (const [key, value] of Object.entries(at)) {
        names.add(key);
        waiting.push(value);
      }
  }
  return names;
}
