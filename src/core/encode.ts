/**
 * One encoder for each sink. Everything from outside (names, versions, messages, URLs) goes through the
 * encoder of the sink it reaches, at the moment it is written there.
 */

/** C0, DEL, C1, bidi controls (CVE-2021-42574), zero-width and line or paragraph separators. */
const unprintable =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** One line for a terminal: no escape sequences, no line breaks, no invisible or reordering characters. */
export function forTerminal(text: string, maxLength = 500): string {
  return clip(
    text.toWellFormed().replace(unprintable, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`),
    maxLength,
  );
}

/** Printable ASCII only, for HTTP header values and the reason phrase (RFC 9112 section 4). */
export function forHeader(text: string, maxLength = 120): string {
  return clip(
    text
      .toWellFormed()
      .replace(/[^\x20-\x7e]+/g, '?')
      .replace(/\s+/g, ' ')
      .trim(),
    maxLength,
  );
}

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Element content and quoted attribute values. */
export function forHtml(text: string, maxLength = 5000): string {
  return forTerminal(text, maxLength).replace(/[&<>"'`]/g, (c) => htmlEntities[c] ?? '');
}

function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - 3)).toWellFormed()}...`;
}
