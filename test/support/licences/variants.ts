/** The same texts as people keep them: what a licence's text goes through on its way into a package. */

export interface Variant {
  readonly name: string;
  readonly bend: (text: string) => string;
}

export const variants: readonly Variant[] = [
  { name: 'as it is', bend: (text) => text },
  { name: 'lines broken at 60', bend: (text) => wrapped(text, 60) },
  { name: 'one paragraph, one line', bend: (text) => text.replace(/([^\n])\n(?!\n)/g, '$1 ') },
  { name: 'capitals throughout', bend: (text) => text.toUpperCase() },
  { name: 'year and holder filled in', bend: filled },
  { name: 'as a comment', bend: (text) => `/*!\n${prefixed(wrapped(text, 76), ' * ')}\n */` },
  {
    name: 'typographic quotes and dashes',
    bend: (text) => text.replace(/"([^"\n]*)"/g, '“$1”').replaceAll(' - ', ' — '),
  },
  { name: 'without its title', bend: (text) => text.replace(/^\s*[^\n]{1,60}\n/, '').trimStart() },
  { name: 'after a short introduction', bend: (text) => `${introduction}\n\n${text}` },
  { name: 'every 50th word another', bend: (text) => everyNth(text, 50) },
  { name: 'every 20th word another', bend: (text) => everyNth(text, 20) },
];

const introduction =
  'This module is developed by the friends of the example and is distributed to everybody as follows.';

function wrapped(text: string, width: number): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => {
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.split(/\s+/)) {
        if (line !== '' && line.length + word.length >= width) {
          lines.push(line);
          line = word;
        } else line = line === '' ? word : `${line} ${word}`;
      }
      return [...lines, line].join('\n');
    })
    .join('\n\n');
}

function prefixed(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => prefix + line)
    .join('\n');
}

function filled(text: string): string {
  return text
    .replace(/<year>|\[yyyy\]|\[year\]/gi, '2019')
    .replace(
      /<(?:copyright holders?|owner|name of author)>|\[(?:name of copyright owner|fullname)\]/gi,
      'Kim Example and others',
    )
    .replace(/<[^<>\n]{1,60}>/g, 'Example');
}

function everyNth(text: string, n: number): string {
  let at = 0;
  return text.replace(/\p{L}{2,}/gu, (word) => (++at % n === 0 ? 'otherwise' : word));
}
