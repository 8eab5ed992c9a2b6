/**
 * The plain pages of the gateway: what this is, and one case. Server-made HTML without scripts; every foreign
 * text goes through `forHtml`, and the policy header forbids everything else.
 */
import { forHtml } from '../../core/encode.ts';
import { instantFrom, instantOf } from '../../registries/npm/instant.ts';
import type { AlarmShown, CaseAnswer, DecisionShown, StatusAnswer } from '../control/protocol.ts';
import type { Answer } from './answer.ts';

export interface StatusPage {
  readonly status: StatusAnswer;
  readonly held: readonly DecisionShown[];
  readonly heldMore: number;
  readonly alarms: readonly AlarmShown[];
  readonly now: string;
}

export function statusPage(input: StatusPage): Answer {
  const { status, now } = input;
  return page(
    200,
    'Assay',
    `<h1>Assay</h1>
<p>This is a package gate. It checks every package before anyone installs it, decides by policy, keeps a record,
and serves the bytes or says why not.</p>
${status.ready ? '' : `<p class="bad"><strong>Not ready.</strong> ${status.problems.map(text).join(' ')}</p>`}
<h2>Use it</h2>
<p>On a developer's machine, with this project at hand:</p>
<pre>bin/assay use npm</pre>
<p>(or pnpm, yarn, bun; <code>--undo</code> takes it back)</p>
<p>or by hand: <code>npm config set registry ${text(status.url)}</code></p>
<h2>Decisions in force</h2>
<table><thead><tr><th scope="col">Outcome</th><th scope="col" class="n">Releases</th></tr></thead><tbody>
<tr><td>allowed</td><td class="n">${status.counts.allow}</td></tr>
<tr><td>held (not now)</td><td class="n">${status.counts.hold}</td></tr>
<tr><td>blocked</td><td class="n">${status.counts.block}</td></tr></tbody></table>
<p>Policy: ${text(status.policy.preset)}, digest <code>${text(status.policy.digest.slice(0, 16))}</code></p>
${heldSection(input)}
${alarmSection(input)}
<h2>Upstreams</h2>
<table class="rows"><thead><tr><th scope="col">Upstream</th><th scope="col">Scopes</th><th scope="col">State</th><th scope="col">Last answer</th></tr></thead><tbody>
${status.upstreams.map(upstreamRow).join('\n')}</tbody></table>
<p class="small">Assay ${text(status.version)}; ${text(instantOf(now))}; <a href="/-/health">health</a>, <a href="/-/metrics">metrics</a></p>`,
  );
}

function heldSection({ held, heldMore }: StatusPage): string {
  if (held.length === 0) return '<h2>Held</h2>\n<p>Nothing is being held.</p>';
  const rows = held.map(
    (one) => `<tr><td><code>${text(`${one.name}@${one.version}`)}</code></td>
<td>${one.reasons.map((reason) => text(reason.why)).join('<br>')}</td>
<td>${one.until === undefined ? 'a person decides' : text(instantFrom(one.until))}</td></tr>`,
  );
  return `<h2>Held</h2>
<table class="rows"><thead><tr><th scope="col">Package</th><th scope="col">Why</th><th scope="col">Until</th></tr></thead><tbody>
${rows.join('\n')}</tbody></table>${more(heldMore, 'held')}`;
}

function alarmSection({ alarms, status }: StatusPage): string {
  if (alarms.length === 0) return '<h2>Alarms</h2>\n<p>No alarm was raised.</p>';
  const rows = alarms.map(
    (
      one,
    ) => `<tr><td>${text(one.severity)}</td><td><code>${text(one.kind)}</code></td><td>${text(one.message)}</td>
<td class="n">${one.count}</td><td>${text(instantOf(one.lastAt))}</td></tr>`,
  );
  return `<h2>Alarms</h2>
<table class="rows"><thead><tr><th scope="col">Severity</th><th scope="col">Kind</th><th scope="col">What</th><th scope="col" class="n">Times</th><th scope="col">Last</th></tr></thead><tbody>
${rows.join('\n')}</tbody></table>${more(status.alarms - alarms.length, 'alarms')}`;
}

function more(count: number, what: string): string {
  return count > 0
    ? `\n<p>${count} more ${what}: <code>bin/assay ${what === 'alarms' ? 'alarms' : 'status'}</code></p>`
    : '';
}

function upstreamRow(one: StatusAnswer['upstreams'][number]): string {
  const last = one.lastError === undefined ? lastSuccess(one.lastSuccessAt) : one.lastError;
  const scopes = one.scopes.length === 0 ? 'everything else' : one.scopes.join(', ');
  return `<tr><td>${text(one.id)}</td><td>${text(scopes)}</td><td>${text(one.state)}</td><td>${text(last)}</td></tr>`;
}

function lastSuccess(at: string | undefined): string {
  return at === undefined ? 'none yet' : instantOf(at);
}

export function casePage(answer: CaseAnswer): Answer {
  const held = answer.outcome === 'hold';
  const rules = answer.reasons.map(
    (reason) =>
      `<li><p><strong>${text(reason.rule)}</strong>: ${text(reason.why)}</p><p>To do: ${text(reason.remedy)}</p></li>`,
  );
  return page(
    200,
    `${answer.short} ${answer.name}@${answer.version}`,
    `<h1>${held ? 'Held' : 'Blocked'}: <code>${text(`${answer.name}@${answer.version}`)}</code></h1>
<p>Case <strong>${text(answer.short)}</strong> (<code>${text(answer.caseId)}</code>), decided ${text(instantOf(answer.decidedAt))}.</p>
<h2>Why</h2>
<ul>${rules.join('\n')}</ul>
<h2>What now</h2>
${answer.useInstead === undefined ? '' : `<p>Use <code>${text(`${answer.name}@${answer.useInstead}`)}</code> instead.</p>`}
${answer.until === undefined ? '' : `<p>Waiting alone lifts it: from <strong>${text(instantFrom(answer.until))}</strong> on.</p>`}
<p>If you need exactly this version, ask your security team for an exception and give them the case:
<code>${text(answer.short)}</code>. They see the whole evidence with <code>bin/assay explain ${text(answer.short)}</code>.</p>
<p class="small"><code>${text(answer.purl)}</code>; policy <code>${text(answer.policy.slice(0, 16))}</code></p>`,
  );
}

export function missingPage(): Answer {
  return page(
    404,
    'No such case',
    '<h1>No such case</h1>\n<p>The id may be mistyped: it has 13 letters and digits. The short form (AS-…) works in <code>bin/assay explain</code> only.</p>',
  );
}

function text(value: string): string {
  return forHtml(value, 2000);
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere}
.rows td:first-child{min-width:10rem}
.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code,pre{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
pre{background:#f3f3f3;padding:.6rem;overflow:auto}.bad{border-left:4px solid #a00;padding-left:.6rem}.small{font-size:.875rem;color:#444}
@media(max-width:40rem){body{margin:1rem auto}.rows thead{display:none}.rows tr{display:block;border-bottom:1px solid #8886}
.rows td{display:block;border:0;padding:.1rem .6rem;text-align:left}pre{white-space:pre-wrap}}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616;color-scheme:dark}pre{background:#262626}.small{color:#bbb}a{color:#9cf}}`;

function page(status: number, title: string, body: string): Answer {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${text(title)}</title><style>${style}</style></head><body><main>
${body}
</main></body></html>
`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body: Buffer.from(html, 'utf8'),
  };
}
