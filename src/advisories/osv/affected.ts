/** One entry of `affected`: a package, its ranges and its versions. */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import type { Ecosystem } from '../../core/purl.ts';
import { longestVersion, type VersionOrder } from '../versions/order.ts';
import { orderOf } from '../versions/orders.ts';
import { semverOrder } from '../versions/semver.ts';
import { ecosystemOf, normaliseName } from './ecosystems.ts';
import { listOf, OsvProblem, shown, textOf } from './fields.ts';
import type { OsvAffected, OsvEvent, OsvEventKind, OsvRange, OsvRangeType, OsvSeverity } from './record.ts';

const most = { ranges: 500, events: 5000, versions: 50_000 } as const;
const kinds: readonly OsvEventKind[] = ['introduced', 'fixed', 'last_affected', 'limit'];

/** Undefined: of an ecosystem that is not served here, or of no package at all. Throws OsvProblem. */
export function readAffected(
  value: Json,
  severitiesFrom: (value: JsonObject) => readonly OsvSeverity[],
): OsvAffected | undefined {
  if (!isJsonObject(value)) throw new OsvProblem('an entry of "affected" is no object');
  const named = ownObject(value, 'package');
  const found = ecosystemOf(ownString(named ?? {}, 'ecosystem') ?? '');
  if (named === undefined || found === undefined) return undefined;
  const { ecosystem, release } = found;
  return {
    ecosystem,
    release: release === undefined ? undefined : textOf(release, 'a release', 64),
    name: normaliseName(ecosystem, textOf(own(named, 'name'), 'the name of a package', 300)),
    severity: severitiesFrom(value),
    ranges: listOf(value, 'ranges', most.ranges).flatMap((one) => rangeFrom(one, ecosystem)),
    versions: listOf(value, 'versions', most.versions).map((one) => textOf(one, 'a version', longestVersion)),
  };
}

/** The order that a range of this type is in. */
export function orderOfRange(type: OsvRangeType, ecosystem: Ecosystem): VersionOrder {
  return type === 'SEMVER' ? semverOrder : orderOf(ecosystem);
}

function rangeFrom(value: Json, ecosystem: Ecosystem): readonly OsvRange[] {
  if (!isJsonObject(value)) throw new OsvProblem('a range is no object');
  const type = ownString(value, 'type');
  if (type === 'GIT') return [];
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM')
    throw new OsvProblem(`a range has the type ${shown(own(value, 'type'))}`);
  const order = orderOfRange(type, ecosystem);
  const events = listOf(value, 'events', most.events).flatMap((one) => eventsFrom(one, order));
  if (!events.some(({ kind }) => kind === 'introduced'))
    throw new OsvProblem('a range says nowhere where it begins');
  return [{ type, events }];
}

/** The schema wants one event in each object. Old records have several, which mean the same. */
function eventsFrom(value: Json, order: VersionOrder): readonly OsvEvent[] {
  if (!isJsonObject(value)) throw new OsvProblem('an event is no object');
  const events = kinds.flatMap((kind): readonly OsvEvent[] => {
    const given = own(value, kind);
    if (given === undefined) return [];
    const version = textOf(given, `the version of "${kind}"`, longestVersion);
    const isOpen = (kind === 'introduced' && version === '0') || (kind === 'limit' && version === '*');
    if (!isOpen && !order.isVersion(version))
      throw new OsvProblem(`"${kind}" names ${shown(version)}, which is no version`);
    return [{ kind, version }];
  });
  if (events.length === 0) throw new OsvProblem('an event says nothing that is known');
  return events;
}
