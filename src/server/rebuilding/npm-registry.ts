/**
 * What a build may fetch: packages of the configured upstreams, each from the one that answers for its name, by the gate's own
 * index of it; each assayed before it goes in, unless the operator wants them by digest alone.
 */
import type { AssayedInput, AssayInput } from '../../admission/build-inputs.ts';
import { claimsMatch } from '../../admission/claims.ts';
import type { UpstreamClient } from '../../admission/deps.ts';
import type { Indexes } from '../../admission/indexes.ts';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { PackageRegistry } from '../../rebuild/recipe/deps.ts';
import type { Settings } from '../config/settings.ts';

export interface NpmRegistryDeps {
  readonly settings: Pick<Settings, 'upstreams' | 'rebuild'>;
  readonly indexes: Pick<Indexes, 'look'>;
  readonly upstream: Pick<UpstreamClient, 'fetchFile'>;
  readonly assayInput: AssayInput;
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
}

/**
 * `own` is the upstream of the package that is built: it answers for names that no other one has. `built`: SHA-256 of what was
 * published of it, which goes into its build under no name.
 */
export function npmRegistry(deps: NpmRegistryDeps, own: UpstreamId, built?: Sha256): PackageRegistry {
  const { settings, indexes, upstream, upstreamOf } = deps;
  const upstreamFor = (name: string): UpstreamId => upstreamOf(name) ?? own;
  const refuseBuilt = (sha256: Sha256, input: string): void => {
    if (sha256 === built)
      throw notGiven(input, { state: 'refused', why: 'it is what is built, as upstream published it' });
  };
  const isAssayed = settings.rebuild.inputs === 'assayed';
  return {
    index: async (name) => {
      const id = upstreamFor(name);
      const index = await indexes.look(id, name);
      if (index.state === 'absent' || index.gone) return undefined;
      const base = settings.upstreams.find((one) => one.id === id)?.url ?? '';
      const { body, view } = index;
      return { uri: `${base}${name.replace('/', '%2f')}`, body, sizeBytes: view.sizeBytes };
    },
    file: async (uri, claims, { name, version }) => {
      if (!isAssayed) {
        const { artifact } = await upstream.fetchFile(upstreamFor(name), uri, claims);
        refuseBuilt(artifact.sha256, `${name}@${version}`);
        return { uri, artifact };
      }
      const input = await deps.assayInput({ upstream: upstreamFor(name), name, version });
      if (input.state !== 'given') throw notGiven(`${name}@${version}`, input);
      const { url, artifact, decision, vouched, suspected } = input;
      refuseBuilt(artifact.sha256, `${name}@${version}`);
      // A recipe may pin other bytes than the index names.
      if (claimsMatch(claims, artifact) === 'other')
        throw new AssayError(
          'UPSTREAM_DIGEST_MISMATCH',
          `${name}@${version} has other bytes than were named`,
        );
      return {
        uri: url,
        artifact,
        decision,
        ...(vouched === undefined ? {} : { vouched }),
        ...(suspected ? { suspected } : {}),
      };
    },
  };
}

function notGiven(
  input: string,
  { state, why }: Exclude<AssayedInput, { readonly state: 'given' }>,
): AssayError {
  return state === 'refused'
    ? new AssayError('BUILD_INPUT_REFUSED', `${input} may not go into the build: ${why}`)
    : new AssayError('BUILD_INPUT_UNCHECKED', `${input} could not be looked at: ${why}`);
}
