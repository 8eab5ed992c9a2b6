import { test } from 'node:test';
import { feedMissing, refusesTheListed } from '../support/corpus/compromised-gate.ts';

test(
  'with the real feed in force, listed compromised releases are refused, and nothing else of those packages is: some',
  { skip: feedMissing },
  (t) => refusesTheListed(t, 50),
);
