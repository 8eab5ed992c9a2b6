/** Upstream's own word on whether the version should still be used. */
import type { Collector } from '../../core/collector.ts';
import { recordOf } from '../record.ts';
import { deprecationOf } from './deprecated.ts';

export const deprecationCollector: Collector = {
  kind: 'deprecation',
  version: '1',
  scope: 'release',
  collect: (input) => recordOf(deprecationCollector, input, deprecationOf(input.version.deprecated)),
};
