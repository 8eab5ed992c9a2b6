/**
 * Does the index tell the truth about the package.json in the tarball? A client resolves and shows what the
 * index says and runs what the tarball says; where the two differ in a field that matters it is `fail`.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import type { JsonObject } from '../../core/json.ts';
import { deeperThan, readPackageJson } from '../package-json.ts';
import { clip, recordOf, type Finding } from '../record.ts';
import { compareManifests, type Difference } from './compare.ts';

export const manifestCollector: Collector = {
  kind: 'manifest',
  version: '1',
  scope: 'release',
  collect: (input) => recordOf(manifestCollector, input, examine(input)),
};

function examine({ archive, indexManifest }: CollectorInput): Finding {
  const manifest = readPackageJson(archive);
  if (manifest.state === 'no-archive') {
    return {
      result: 'not-checked',
      summary: `package.json was not compared with the index: ${manifest.why}.`,
    };
  }
  if (manifest.state === 'unreadable') {
    return { result: 'fail', summary: manifest.why, items: [{ id: manifest.id, message: manifest.why }] };
  }
  if (tooDeep(indexManifest)) {
    const message = 'The index entry is nested too deep to compare.';
    return { result: 'fail', summary: message, items: [{ id: 'manifest/index-too-deep', message }] };
  }
  const { guarded, other } = compareManifests(indexManifest, manifest.content, manifest.files);
  const facts = { differences: guarded.length, otherDifferences: other.length };
  const items = [...guarded.map((entry) => item(entry, '')), ...other.map((entry) => item(entry, 'other-'))];
  if (guarded.length === 0)
    return { result: 'pass', summary: 'The index agrees with package.json.', facts, items };
  const fields = [...new Set(guarded.map((entry) => entry.field))].join(', ');
  return { result: 'fail', summary: `The index and package.json differ in ${fields}.`, facts, items };
}

function tooDeep(value: JsonObject): boolean {
  try {
    return deeperThan(JSON.stringify(value), 64);
  } catch {
    return true;
  }
}

/** `manifest/scripts/postinstall`, or `manifest/other-main` for fields that nothing rests on. */
function item({ field, key, index, tarball }: Difference, prefix: string): EvidenceItem {
  const show = (side: string | undefined) =>
    side === undefined ? 'nothing' : JSON.stringify(clip(side, 120));
  const name = key === undefined ? field : `${field}/${key}`;
  return {
    id: clip(`manifest/${prefix}${name}`, 120),
    message: `${clip(name, 80)}: the index has ${show(index)}, package.json has ${show(tarball)}.`,
    data: { field, key: key ?? null, index: index ?? null, tarball: tarball ?? null },
  };
}
