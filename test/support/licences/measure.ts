/** What was measured over the texts, as tables. */
import type { LicenceDetector } from '../../../src/licences/detect.ts';
import { gradeOf, type Grade, type LicenceText } from './texts.ts';
import { variants } from './variants.ts';

export type Grades = Readonly<Record<Grade, number>>;

/** A text's licence is named when its id is among the answers; precise when no other licence is. */
export function gradesOf(
  texts: readonly LicenceText[],
  detect: LicenceDetector,
  bend: (text: string) => string = (text) => text,
): Grades {
  const grades: Record<Grade, number> = { right: 0, 'and-more': 0, wrong: 0, unknown: 0 };
  for (const { id, text } of texts) grades[gradeOf(id, detect(bend(text)).found)] += 1;
  return grades;
}

/** Of the texts that were given a licence's name, those whose name is right. */
export function precisionOf({ right, wrong, 'and-more': more }: Grades): number {
  return (right + more) / Math.max(1, right + more + wrong);
}

/** Of all texts, those that were given their name. */
export function recallOf(grades: Grades): number {
  const { right, wrong, unknown, 'and-more': more } = grades;
  return (right + more) / Math.max(1, right + more + wrong + unknown);
}

const head = [
  '| texts | number | named right, nothing else | named right, more beside | named wrong | unknown | precision | recall |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
];

function row(label: string, grades: Grades): string {
  const { right, wrong, unknown, 'and-more': more } = grades;
  const number = right + wrong + unknown + more;
  const cells = [
    number,
    right,
    more,
    wrong,
    unknown,
    percent(precisionOf(grades)),
    percent(recallOf(grades)),
  ];
  return `| ${label} | ${cells.join(' | ')} |`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function groupTable(texts: readonly LicenceText[], detect: LicenceDetector): string {
  const of = (group: LicenceText['group']): Grades =>
    gradesOf(
      texts.filter((one) => one.group === group),
      detect,
    );
  return [
    ...head,
    row('licences of the list we have', of('licence')),
    row('licences newer than it', of('newer')),
    row('exceptions, of which the list has no texts', of('exception')),
    row('**all**', gradesOf(texts, detect)),
  ].join('\n');
}

/** Licences of the list alone: of the others there is nothing to recognise. */
export function variantTable(texts: readonly LicenceText[], detect: LicenceDetector): string {
  const known = texts.filter(({ group }) => group === 'licence');
  return [...head, ...variants.map(({ name, bend }) => row(name, gradesOf(known, detect, bend)))].join('\n');
}

/** Every text that was given a wrong name, or a licence of the list that was not named. */
export function missTable(texts: readonly LicenceText[], detect: LicenceDetector): string {
  const rows = texts.flatMap(({ id, text, group }) => {
    const { found } = detect(text);
    const grade = gradeOf(id, found);
    if (grade === 'right' || grade === 'and-more' || (grade === 'unknown' && group !== 'licence')) return [];
    const named = found.map((one) => `${one.id ?? 'unknown'} (${one.similarity.toFixed(2)})`).join(', ');
    return [`| ${id} | ${named} |`];
  });
  return ['| text of | was named (similarity) |', '| --- | --- |', ...rows].join('\n');
}
