/**
 * The report as one HTML file: no script, no link, nothing fetched, every text encoded. Its own Content-Security-Policy
 * allows the one style sheet inside by digest and nothing else.
 */
import { createHash } from 'node:crypto';
import { forHtml } from '../../../core/encode.ts';
import type { FileDifference } from '../../../core/rebuild.ts';
import {
  countsLine,
  kindWords,
  letters,
  reachWords,
  rungsOf,
  sentenceOf,
  standing,
  treeLines,
  type ReportInput,
} from './words.ts';

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code,pre,.tree,td{font-family:ui-monospace,monospace;font-size:.85rem}
pre{overflow-x:auto;background:#f6f6f8;padding:.5rem;margin:.5rem 0}pre span{display:block;white-space:pre}
.add{background:#dff3e0}.del{background:#fbe3e1}.hunk{background:#e3e9f8}
table{border-collapse:collapse}td,th{padding:.15rem .75rem .15rem 0;text-align:left;word-break:break-all}
.tree{list-style:none;padding:0;white-space:pre-wrap}.mark{display:inline-block;min-width:1.4em;text-align:center;border-radius:.2rem;margin-right:.4em}
.suspicious{background:#b3261e;color:#fff}.unexplained{background:#f0b429;color:#1b1b1f}.benign,.forgiven{background:#d7d7de;color:#1b1b1f}
.verdict{display:inline-block;padding:.1rem .6rem;border-radius:.3rem;background:#d7d7de}.verdict.good{background:#1e6b34;color:#fff}
details{border-top:1px solid #d7d7de;padding:.5rem 0}summary{cursor:pointer;word-break:break-all}
@media (prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171a}pre{background:#222227}.add{background:#173d20}.del{background:#4a1d1a}.hunk{background:#222d4a}details{border-color:#3a3a42}}
`;

const styleDigest = createHash('sha256').update(style).digest('base64');

export function reportAsHtml(input: ReportInput): string {
  const { comparison, name, rerun, commits = [] } = input;
  const { verdict, differences, differencesTotal } = comparison;
  const good = ['identical', 'identical-container', 'equivalent'].includes(verdict);
  const tone = good ? 'good' : verdict;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${forHtml(`${verdict}: ${name}`)}</title><style>${style}</style></head><body>`,
    `<h1>${forHtml(name)}</h1>`,
    `<p><strong class="verdict ${tone}">${forHtml(verdict)}</strong> ${forHtml(sentenceOf(comparison))}</p>`,
    `<p>${forHtml(countsLine(comparison))}</p>`,
    ladder(input),
    normalisers(input),
    tree(input),
    differences.length === 0
      ? ''
      : '<h2>Differences</h2><p><code>-</code> was built here, <code>+</code> was published.</p>',
    ...differences.map(detail),
    differencesTotal > differences.length
      ? `<p>${differencesTotal - differences.length} more differences are left out.</p>`
      : '',
    commits.length === 0
      ? ''
      : `<h2>Commits</h2><ul>${commits.map((line) => `<li>${forHtml(line, 2000)}</li>`).join('')}</ul>`,
    `<h2>Again</h2><pre><span>${forHtml(rerun)}</span></pre><p>${forHtml(standing)}</p>`,
    '</body></html>\n',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function ladder({ comparison }: ReportInput): string {
  const rows = rungsOf(comparison).map(
    ({ name, what, state, upstream, rebuilt }) =>
      `<tr><th scope="row">${name}</th><td>${forHtml(what)}</td><td>${forHtml(state)}</td><td>${forHtml(rebuilt)}</td><td>${forHtml(upstream)}</td></tr>`,
  );
  return `<h2>Digests</h2><table><thead><tr><th></th><th>Of</th><th></th><th>Built here</th><th>Published</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const pathsShown = 50;

function normalisers({ comparison }: ReportInput): string {
  if (comparison.normalisers.length === 0) return '';
  const items = comparison.normalisers.map(({ name, version, paths, touched }) => {
    const named = paths
      .slice(0, pathsShown)
      .map((path) => `<code>${forHtml(path)}</code>`)
      .join(', ');
    const more = touched > pathsShown ? ` and ${touched - pathsShown} more` : '';
    return `<li>${forHtml(`${name}/${version}`)}: ${named}${more}</li>`;
  });
  return `<h2>Forgiven</h2><ul>${items.join('')}</ul>`;
}

function tree({ comparison }: ReportInput): string {
  const lines = treeLines(comparison);
  if (lines.length === 0) return '';
  const items = lines.map(({ depth, name, grade, mark }) => {
    const badge =
      grade === undefined ? '' : `<span class="mark ${grade}">${letters[grade]}</span>${forHtml(mark)} `;
    return `<li>${'  '.repeat(Math.min(depth, 40))}${badge}${forHtml(name)}</li>`;
  });
  return `<h2>What differs</h2><p>S suspicious, U unexplained, b benign; + only published, - only built here, ~ both.</p><ul class="tree">${items.join('')}</ul>`;
}

function detail({ path, kind, grade, rule, reason, reached, shown }: FileDifference): string {
  const reach = kind === 'ambiguous' ? '' : `, ${reachWords(reached)}`;
  const open = grade === 'suspicious' || grade === 'unexplained' ? ' open' : '';
  return [
    `<details${open}><summary><span class="mark ${grade}">${letters[grade]}</span><code>${forHtml(path === '' ? 'the archive' : path)}</code>: ${forHtml(kindWords[kind] + reach)}</summary>`,
    `<p><code>${forHtml(rule)}</code> ${forHtml(reason)}</p>`,
    shown === undefined || shown === '' ? '' : `<pre>${shownLines(shown, kind)}</pre>`,
    '</details>',
  ].join('');
}

function shownLines(shown: string, kind: FileDifference['kind']): string {
  const lines = shown.replace(/\n$/, '').split('\n');
  return lines
    .map((line) => {
      const tone = toneOf(line, kind);
      const text = forHtml(line.replaceAll('\t', '    '), 2000);
      return tone === '' ? `<span>${text}</span>` : `<span class="${tone}">${text}</span>`;
    })
    .join('');
}

function toneOf(line: string, kind: FileDifference['kind']): string {
  if (kind === 'only-upstream') return 'add';
  if (kind === 'only-rebuilt') return 'del';
  if (line.startsWith('@@')) return 'hunk';
  return line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : '';
}
