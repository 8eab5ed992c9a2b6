/** npm's rules. Start here. */
import type { ComparisonRules } from '../../../core/comparison-input.ts';
import { describeChange } from './changed-lines.ts';
import { npmGrader } from './grade.ts';
import { compareManifests } from './manifest.ts';
import { npmEntryNormalisers } from './noise.ts';
import { npmNormalisers } from './normalisers.ts';
import { reachIn } from './reach.ts';

export const npmRules: ComparisonRules = {
  id: 'npm/2',
  names: 'portable',
  links: 'refuse',
  specialModes: 'refuse',
  modes: 'exec',
  directories: 'implied',
  normalisers: npmNormalisers,
  entryNormalisers: npmEntryNormalisers,
  isManifest: (path) => path === 'package.json' || path.endsWith('/package.json'),
  compareManifests,
  reach: reachIn,
  grader: npmGrader,
  describeHunk: describeChange,
};
