/**
 * chalk, debug and others, 8 September 2025 (debug-js/debug#1005, chalk/chalk#656): a phished account published patch
 * releases of 18 packages within two hours, most of them within minutes. None of these was ever attested; there is only
 * the account, its e-mail address and the rhythm. Six packages stand for the 18. That the address changed is ours.
 */
import { publishAll, timeline, type Release, type Scenario } from './scenario.ts';

const at = timeline('2025-09-08T13:16:00Z');

const author = { name: 'sindresorhus', email: 'author@example.com' };
const phished = { name: 'qix', email: 'qix@example.com' };
const thief = { name: 'qix', email: 'support@npm-help.example.net' };

const months = ['2024-09', '2024-11', '2025-01', '2025-03', '2025-05', '2025-07'];

interface Line {
  readonly name: string;
  readonly usual: typeof author;
  readonly versions: readonly string[];
  readonly stolen: string;
  readonly minutes: number;
}

const lines: readonly Line[] = [
  {
    name: 'debug',
    usual: phished,
    versions: ['4.3.4', '4.3.5', '4.3.6', '4.3.7', '4.4.0', '4.4.1'],
    stolen: '4.4.2',
    minutes: 0,
  },
  {
    name: 'chalk',
    usual: author,
    versions: ['5.2.0', '5.3.0', '5.4.0', '5.4.1', '5.5.0', '5.6.0'],
    stolen: '5.6.1',
    minutes: 2,
  },
  {
    name: 'ansi-styles',
    usual: author,
    versions: ['6.0.0', '6.1.0', '6.1.1', '6.1.2', '6.2.0', '6.2.1'],
    stolen: '6.2.2',
    minutes: 4,
  },
  {
    name: 'color-convert',
    usual: phished,
    versions: ['2.0.0', '2.0.1', '2.0.2', '3.0.0', '3.0.1', '3.1.0'],
    stolen: '3.1.1',
    minutes: 5,
  },
  {
    name: 'strip-ansi',
    usual: author,
    versions: ['6.0.1', '7.0.0', '7.0.1', '7.0.2', '7.0.3', '7.1.0'],
    stolen: '7.1.1',
    minutes: 7,
  },
  {
    name: 'is-arrayish',
    usual: phished,
    versions: ['0.2.1', '0.3.0', '0.3.1', '0.3.2', '0.3.3', '0.3.4'],
    stolen: '0.3.5',
    minutes: 9,
  },
];

function releasesOf({ usual, versions, stolen, minutes }: Line, index: number): readonly Release[] {
  const start = Date.parse(at('2025-09-08T13:16:00Z'));
  return [
    ...versions.map((version, month) => ({
      version,
      at: at(`${months[month] ?? months[0]}-${10 + index}T12:00:00Z`),
      publisher: usual,
    })),
    {
      version: stolen,
      at: new Date(start + minutes * 60_000).toISOString(),
      publisher: thief,
      withoutCheckout: true,
    },
  ];
}

export const chalk2025: Scenario = {
  title: 'chalk and debug 2025: a phished account, packages that were never attested',
  publish: (stage) => {
    for (const [index, line] of lines.entries()) publishAll(stage, line.name, releasesOf(line, index));
  },
  indexes: lines.map(({ name }) => name),
  suspects: [
    {
      name: 'chalk',
      version: '5.6.1',
      outcome: 'hold',
      rules: ['npm/publisher-changed'],
      words: [/qix/],
    },
    {
      name: 'debug',
      version: '4.4.2',
      outcome: 'hold',
      rules: ['npm/publisher-changed'],
      words: [/e-?mail/i],
    },
  ],
  innocent: [
    ['chalk', '5.6.0'],
    ['debug', '4.4.1'],
  ],
};
