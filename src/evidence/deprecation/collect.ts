/** Upstream's own word on whether the version, or anything of its package, should still be used. */
import type { Collector } from '../../core/collector.ts';
import { isAtEnd } from '../../core/currency.ts';
import { recordOf } from '../record.ts';
import { deprecationOf } from './deprecated.ts';

export const deprecationCollector: Collector = {
  kind: 'deprecation',
  version: '2',
  scope: 'release',
  collect: (input) => {
    const { index, version } = input;
    const finding = deprecationOf(version.deprecated, isAtEnd(index, version));
    return recordOf(deprecationCollector, input, finding);
  },
};
