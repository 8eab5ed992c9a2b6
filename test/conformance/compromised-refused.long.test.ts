import { test } from 'node:test';
import { feedMissing, refusesTheListed } from '../support/corpus/compromised-gate.ts';

test(
  'with the real feed in force, every listed compromised release is refused, and nothing else of those packages is',
  { skip: feedMissing },
  (t) => refusesTheListed(t, Infinity),
);
