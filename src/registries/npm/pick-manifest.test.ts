/** What we write for npm, read by npm's own resolver (the copy inside the npm on PATH). */
import assert from 'node:assert/strict';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { opened, packumentOf, parsed } from '../../../test/support/packuments.ts';
import { restrictionMessage } from './notice.ts';
import { renderPackument } from './packument-render.ts';
import { standingTags } from './standing.ts';

type Pick = (packument: JsonObject, wanted: string, options: object) => { readonly version: string };

/** npm lies in `bin/npm-cli.js` of its own folder, wherever the command on PATH points. */
function npmResolver(): Pick | undefined {
  const command = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'npm'))
    .find((path) => existsSync(path));
  if (command === undefined) return undefined;
  try {
    return createRequire(realpathSync(command))('npm-pick-manifest') as Pick;
  } catch {
    return undefined;
  }
}

const pick = npmResolver();
const skip = pick === undefined ? 'npm (with npm-pick-manifest inside) is not on PATH' : false;

function answerWith(
  hidden: readonly string[],
  versions: readonly string[],
  form: 'full' | 'abbreviated',
): JsonObject {
  const parts = opened(packumentOf(versions));
  const { moves } = standingTags(parts, { hidden, kept: [], restrictions: undefined });
  const withheld = hidden.map((version) => ({
    version,
    why: 'Too young.',
    until: undefined,
    caseId: undefined,
  }));
  const message = restrictionMessage('colour-pick', withheld, moves);
  return parsed(
    renderPackument(
      parts,
      { hidden, kept: [], restrictions: { message, versions: hidden } },
      form,
      'https://gate.example.com/',
    ),
  );
}

function picked(packument: JsonObject, wanted: string): string {
  assert.ok(pick !== undefined);
  return pick(packument, wanted, {}).version;
}

describe('npm’s own resolver', { skip }, () => {
  for (const form of ['full', 'abbreviated'] as const) {
    it(`takes what stands and never a hidden version: ${form}`, () => {
      const answer = answerWith(['3.0.0'], ['1.0.0', '2.0.0', '3.0.0'], form);
      for (const wanted of ['*', 'latest', '>=1', '']) assert.equal(picked(answer, wanted), '2.0.0', wanted);
    });

    it(`says why, not ETARGET, when only hidden versions match: ${form}`, () => {
      const answer = answerWith(['3.0.0'], ['1.0.0', '2.0.0', '3.0.0'], form);
      for (const wanted of ['3.0.0', '^3', '>2']) {
        assert.throws(() => picked(answer, wanted), {
          code: 'E403',
          message: new RegExp(
            `due to policy violations:\nassay withholds 1 version[^]*3\\.0\\.0  Too young\\.`,
          ),
        });
      }
    });

    it(`says why when nothing is left: ${form}`, () => {
      const answer = answerWith(['1.0.0'], ['1.0.0'], form);
      assert.throws(() => picked(answer, '*'), {
        code: 'E403',
        message: /No stable version is left for the tag latest/,
      });
    });

    it(`still says ETARGET for what does not exist: ${form}`, () => {
      assert.throws(() => picked(answerWith(['3.0.0'], ['1.0.0', '3.0.0'], form), '^9'), { code: 'ETARGET' });
    });
  }
});
