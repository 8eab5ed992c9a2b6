/**
 * Writes docs/clients.md: what every client prints when policy says no, recorded from the real clients.
 *
 *     bin/node test/support/record-clients.ts
 *
 * Ports, folders, case ids and times are replaced by fixed ones, so that a second run changes nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { clients, clientTitle, type Client, type ClientRun } from './clients.ts';
import { startFakeRegistry } from './fake-registry.ts';
import {
  scenarios,
  startStage,
  type Scenario,
  type ScenarioResult,
  type Stage,
} from './refusal-scenarios.ts';

const target = join(resolve(import.meta.dirname, '../..'), 'docs/clients.md');

const introduction = `# What each client prints

Recorded from the real clients by \`test/support/record-clients.ts\`, with the gate as it comes (\`recommended\`) and a
registry of synthetic packages; the gate stands at \`http://gate.example.com/\`. \`test/e2e/refusals.test.ts\` checks
that the same facts reach the terminal.

A refusal reaches people through what each client shows of an HTTP 403:

| Client | Reason phrase | Body | \`npm-notice\` | Otherwise |
|---|---|---|---|---|
| npm 11, 12 | yes | yes, every line | yes | a hidden version is named with the policy's own words (\`policyRestrictions\`) |
| pnpm 10, 11 | yes | no | no | pnpm 11 checks a lockfile against the index first and names the missing version |
| pnpm 12 | no | no | no | the URL alone: \`assay explain <URL>\` tells the story |
| Yarn 1 | no | no | no | the URL alone, with a stack trace: \`assay explain <URL>\` tells the story |
| Yarn Berry | yes | no | no | |
| Bun | no | no | no | the URL alone: \`assay explain <URL>\` tells the story |

A lockfile that was made without the gate leads through it, or past it:

| Client | The lockfile holds | Through the gate? |
|---|---|---|
| npm | a URL for each package | yes where it is the public registry's, which npm replaces; past it for any other host |
| pnpm | no URL of a registry's package | yes |
| Yarn 1 | a URL for each package, the public registry's under Yarn's own host name | **no**: Yarn 1 goes to the recorded URL whatever registry is set |
| Yarn Berry | no URL | yes |
| Bun | a URL only where it is not the public registry's | yes without, past it with one |

\`assay check\` finds the entries that lead past the gate.

A client's own audit (\`npm audit\`, \`pnpm audit\`, \`yarn npm audit\`, \`bun audit\`) asks the gate. A severity that nobody scored is told
as high, a malicious package as critical. Without an advisory feed the gate answers 501, which is a failed audit (pnpm tries
again for a minute or two first). **Yarn 1** audits at its own default registry, whatever registry is set: the gate never sees it.

`;

/** Progress, timings, stack traces and log paths: not what a person reads to learn what happened. */
const noise: readonly RegExp[] = [
  /complete log of this run|debug-\d+\.log/,
  /^\s*$|^\++$|^Packages: |^Progress:|^info |^\[\d\/\d\]|^warning package/,
  /packages? installed|Done in |Failed with errors in|visit https:/,
  /^\s+at .+[:)]/,
  /^Packages are hard linked|-store is at:|-addressable store|Virtual store/,
];

function isNoise(line: string): boolean {
  return noise.some((pattern) => pattern.test(line));
}

/** One run's text with everything that differs from run to run made the same. */
function settled(run: ClientRun, { gate, registry }: Stage): string {
  const text = run.output
    .replaceAll(gate.url.slice(0, -1), 'http://gate.example.com')
    .replaceAll(registry.url.slice(0, -1), 'http://registry.example.com')
    .replaceAll(new URL(gate.url).host, 'gate.example.com')
    .replace(/^@jsr:registry=.*$/gm, '@jsr:registry=https://jsr.example.com/')
    .replace(/\/tmp\/assay-[^/\s]+/g, '/home/dev')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{13}\b/g, '7Q2MXK4T9VB3A')
    .replace(/AS-[0-9A-HJKMNP-TV-Z]{4}\b/g, 'AS-7Q2M')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, '2026-01-02T03:04:05Z')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?/g, '2026-01-02 03:04')
    .replace(/policy [0-9a-f]{12}/g, 'policy 0123456789ab')
    .replace(/\b\d+(?:\.\d+)? ?(?:ms|s)\b(?! ago)/g, '1 s');
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !isNoise(line))
    .join('\n');
}

function section(scenario: Scenario, results: ReadonlyMap<Client, ScenarioResult>, stage: Stage): string {
  const parts = [...results].map(([client, { run, installed }]) => {
    const end = installed === undefined ? 'nothing installed' : `installed ${scenario.package}@${installed}`;
    return `### ${clientTitle(client)}\n\nExit code ${run.code}; ${end}.\n\n\`\`\`text\n${settled(run, stage)}\n\`\`\`\n`;
  });
  return `## ${scenario.title}\n\n${parts.join('\n')}`;
}

const registry = await startFakeRegistry();
const stage = await startStage(registry);
try {
  const sections: string[] = [];
  for (const scenario of scenarios) {
    const results = new Map<Client, ScenarioResult>();
    for (const client of clients) results.set(client, await scenario.play(client, stage));
    sections.push(section(scenario, results, stage));
  }
  await writeFile(target, `${introduction}${sections.join('\n')}`);
} finally {
  await stage.gate.remove();
  await registry.close();
}
