/**
 * Trivy, 19 March 2026: 76 of 77 tags of an action were moved to another commit. The same against a package whose
 * versions are published from tags: the provenance names one commit, and the tag of that version now names another.
 */
import { commitOf, publishAll, timeline, trustedPublisher, type Release, type Scenario } from './scenario.ts';

const at = timeline('2026-03-19T17:43:00Z');
const repository = 'aquasecurity/trivy-action';
const name = 'trivy-action';

const tagged = (version: string, when: string): Release => ({
  version,
  at: at(when),
  run: {
    repository,
    repositoryId: '225811155',
    ownerId: '12783832',
    ref: `refs/tags/v${version}`,
    trigger: 'push',
  },
  publisher: trustedPublisher,
});

export const trivy2026: Scenario = {
  title: 'Trivy 2026: the tag of a version points at another commit than its provenance',
  publish: (stage) => {
    publishAll(stage, name, [
      tagged('0.30.0', '2025-09-01T12:00:00Z'),
      tagged('0.31.0', '2025-10-10T12:00:00Z'),
      tagged('0.32.0', '2025-11-12T12:00:00Z'),
      tagged('0.33.0', '2025-12-10T12:00:00Z'),
      tagged('0.33.1', '2026-01-12T12:00:00Z'),
      tagged('0.34.0', '2026-02-10T12:00:00Z'),
      tagged('0.34.1', '2026-03-02T12:00:00Z'),
      tagged('0.34.2', '2026-03-15T12:00:00Z'),
    ]);
    stage.forge.setTag(repository, 'v0.34.2', commitOf(name, 'somebody else'));
  },
  indexes: [name],
  suspects: [
    {
      name,
      version: '0.34.2',
      outcome: 'hold',
      rules: ['npm/source-tag'],
      words: [/tag/, /v0\.34\.2/],
    },
  ],
  innocent: [[name, '0.34.1']],
};
