/** Every migration, in order. A new one is added at the end; none is ever changed. */
import type { Migration } from '../migrate.ts';
import { records } from './0001-records.ts';
import { log } from './0002-log.ts';
import { envelopes } from './0003-envelopes.ts';
import { history } from './0004-history.ts';
import { summaries } from './0005-summaries.ts';
import { pulls } from './0006-pulls.ts';
import { scans } from './0007-scans.ts';
import { builds } from './0008-builds.ts';
import { sources } from './0009-sources.ts';
import { behaviours } from './0010-behaviours.ts';
import { recipeReviews } from './0011-recipe-reviews.ts';

export const migrations: readonly Migration[] = [
  records,
  log,
  envelopes,
  history,
  summaries,
  pulls,
  scans,
  builds,
  sources,
  behaviours,
  recipeReviews,
];
