/**
 * When the version was published, and when anything of its package was last. It says nothing of "old enough": the rule computes
 * that with its own clock.
 */
import type { Collector } from '../../core/collector.ts';
import { activityOf } from '../../core/currency.ts';
import { recordOf } from '../record.ts';
import { ageOf } from './published.ts';

export const ageCollector: Collector = {
  kind: 'age',
  version: '2',
  scope: 'release',
  collect: (input) => {
    const { version, observation, index, now } = input;
    const age = ageOf({
      claimedTime: version.claimedTime,
      observation,
      timeOrderTrust: index.timeOrderTrust,
      now,
      activity: activityOf(index, now),
    });
    return recordOf(ageCollector, input, age);
  },
};
