/** A plan applied to an opened parts file: which versions, times and tags an answer holds. */
import type { Json, JsonObject } from '../../core/json.ts';
import { ownObject, ownString } from '../../core/json.ts';
import { AssayError } from '../../core/errors.ts';
import { fileNameOfUrl } from './names.ts';
import { withOwnSignature, withoutPlanted, type OwnSignature } from './own-signature.ts';
import { manifestFrom, type PartsFile, type SplicedText, type VersionSpans } from './packument-parts.ts';
import type { KeptVersion, RenderPlan } from './render-plan.ts';
import { spliceForms } from './splice.ts';
import { steerTags, type SteeredTags } from './tags.ts';

export type Form = 'full' | 'abbreviated';

export type StandingVersion =
  | { readonly from: 'upstream'; readonly version: string; readonly spans: VersionSpans }
  | { readonly from: 'kept'; readonly version: string; readonly kept: KeptVersion };

/** In upstream's order; kept versions that upstream no longer lists come last. Signed ones carry our signature. */
export function standingVersions(parts: PartsFile, plan: RenderPlan): readonly StandingVersion[] {
  const hidden = new Set(plan.hidden);
  const kept = new Map(
    plan.kept.filter(({ version }) => !hidden.has(version)).map((one) => [one.version, one]),
  );
  const signed = new Map((plan.signed ?? []).map((one) => [one.version, one]));
  const ours = ownKeyids(parts, plan);
  const standing: StandingVersion[] = [];
  for (const [version, spans] of parts.versions) {
    const instead = kept.get(version);
    if (instead !== undefined)
      standing.push(keptStanding(instead, { signature: signed.get(version), ours: plan.ownKeyids ?? [] }));
    else if (!hidden.has(version) && plan.gone !== true)
      standing.push(listedStanding(parts, spans, { signature: signed.get(version), ours }));
    kept.delete(version);
  }
  for (const [version, one] of kept)
    standing.push(keptStanding(one, { signature: signed.get(version), ours: plan.ownKeyids ?? [] }));
  return standing;
}

interface Signing {
  readonly signature: OwnSignature | undefined;
  /** Key ids under which nobody else may sign. */
  readonly ours: readonly string[];
}

/** Those that occur in the index at all, which are none where upstream is honest. */
function ownKeyids({ body }: PartsFile, plan: RenderPlan): readonly string[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return (plan.ownKeyids ?? []).filter((keyid) => bytes.includes(keyid));
}

function keptStanding(kept: KeptVersion, signing: Signing): StandingVersion {
  const manifest = signedManifest(kept.manifest, signing);
  return { from: 'kept', version: kept.version, kept: manifest === undefined ? kept : { ...kept, manifest } };
}

/** Only versions with a signature of ours are parsed again, and few are: those that were admitted. */
function listedStanding(parts: PartsFile, spans: VersionSpans, signing: Signing): StandingVersion {
  const { version } = spans;
  const isShownAsItIs = signing.signature === undefined && signing.ours.length === 0;
  const listed = isShownAsItIs ? undefined : manifestFrom(parts, version);
  const manifest = listed && signedManifest(listed, signing);
  return manifest === undefined
    ? { from: 'upstream', version, spans }
    : { from: 'kept', version, kept: { version, manifest, time: undefined } };
}

/** Undefined: as it is. */
function signedManifest(manifest: JsonObject, { signature, ours }: Signing): JsonObject | undefined {
  const cleaned = withoutPlanted(manifest, ours);
  const signed = signature && withOwnSignature(cleaned ?? manifest, signature);
  return signed ?? cleaned;
}

/** Only versions that upstream still lists can be tagged: what it deleted never becomes `latest`. */
export function standingTags(parts: PartsFile, plan: RenderPlan): SteeredTags {
  const listed = new Set(plan.gone === true ? [] : parts.versions.keys());
  for (const version of plan.hidden) listed.delete(version);
  return steerTags(parts.tags, listed);
}

/** Undefined when neither upstream nor a kept version brings a time. */
export function standingTime(parts: PartsFile, plan: RenderPlan): ReadonlyMap<string, Json> | undefined {
  const time = new Map<string, Json>(parts.time);
  const kept = plan.kept.filter(({ time: at }) => at !== undefined);
  if (parts.time === undefined && kept.length === 0) return undefined;
  if (plan.gone === true) {
    const keeps = new Set(plan.kept.map(({ version }) => version));
    for (const version of parts.versions.keys()) if (!keeps.has(version)) time.delete(version);
  }
  for (const { version, time: at } of kept) if (at !== undefined) time.set(version, at);
  for (const version of plan.hidden) time.delete(version);
  return time;
}

/** Throws INDEX_INVALID for a kept manifest without a usable tarball URL: nothing like it was ever admitted. */
export function keptText({ version, manifest }: KeptVersion, form: Form): SplicedText {
  const file = keptFile(manifest);
  if (file === undefined)
    throw new AssayError('INDEX_INVALID', `the stored manifest of version ${version} has no tarball`);
  return spliceForms(manifest, file)[form];
}

function keptFile(manifest: JsonObject): string | undefined {
  return fileNameOfUrl(ownString(ownObject(manifest, 'dist') ?? {}, 'tarball') ?? '');
}
