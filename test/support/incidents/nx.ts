/**
 * nx, 26 August 2025 (nrwl/nx#32522, GHSA-cxm3-wv7p-598c): a stolen token published eight versions on two lines within
 * hours, without the provenance that every version before had, with a new postinstall script.
 */
import { publishAll, timeline, type Release, type Scenario } from './scenario.ts';

const at = timeline('2025-08-26T22:32:00Z');
const run = {
  repository: 'nrwl/nx',
  repositoryId: '99997707',
  ownerId: '23692104',
  workflow: '.github/workflows/publish.yml',
  ref: 'refs/heads/master',
};
const robot = { name: 'nrwlbot', email: 'robot@example.com' };

const attested = (version: string, when: string): Release => ({
  version,
  at: at(when),
  run,
  publisher: robot,
  tag: version,
});
const stolen = (version: string, when: string): Release => ({
  version,
  at: at(when),
  publisher: robot,
  withoutCheckout: true,
  manifest: { scripts: { postinstall: 'node telemetry.js' } },
  files: { 'telemetry.js': 'void 0;\n' },
});

export const nx2025: Scenario = {
  title: 'nx 2025: published with a stolen token after provenance, with a new postinstall script',
  publish: (stage) =>
    publishAll(stage, 'nx', [
      attested('20.5.0', '2025-02-28T17:00:00Z'),
      attested('20.6.0', '2025-03-14T17:00:00Z'),
      attested('20.7.0', '2025-04-01T17:00:00Z'),
      attested('20.8.0', '2025-04-16T17:00:00Z'),
      attested('21.0.0', '2025-05-05T17:00:00Z'),
      attested('21.1.0', '2025-05-19T17:00:00Z'),
      attested('20.8.2', '2025-06-03T17:00:00Z'),
      attested('21.2.0', '2025-06-13T17:00:00Z'),
      attested('21.3.0', '2025-07-16T17:00:00Z'),
      attested('21.4.0', '2025-08-18T17:00:00Z'),
      attested('21.4.1', '2025-08-21T17:00:00Z'),
      stolen('21.5.0', '2025-08-26T22:32:00Z'),
      stolen('20.9.0', '2025-08-26T22:39:00Z'),
      stolen('20.10.0', '2025-08-26T23:54:00Z'),
      stolen('21.6.0', '2025-08-26T23:59:00Z'),
    ]),
  indexes: ['nx'],
  suspects: [
    {
      name: 'nx',
      version: '21.5.0',
      outcome: 'hold',
      rules: ['npm/trust-downgrade', 'npm/install-script'],
      words: [/provenance/, /postinstall/],
    },
    {
      name: 'nx',
      // After 20.9.0 of the same hand, which had the script already.
      version: '20.10.0',
      outcome: 'hold',
      rules: ['npm/trust-downgrade', 'npm/install-script'],
      words: [/provenance/, /no-git-head/, /postinstall/],
    },
  ],
  innocent: [['nx', '21.4.1']],
};
