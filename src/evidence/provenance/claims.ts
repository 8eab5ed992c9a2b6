/**
 * What a provenance predicate says of the build, brought into the form in which the certificate says it, so that both
 * can be compared exactly. slsa-verifier compares the same fields; the certificate was issued by the forge's word, the
 * predicate was written by the build.
 */
import type { SignerIdentity } from '../../core/identity.ts';
import { isJsonObject, own, ownObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Statement } from '../../sigstore/types.ts';

export type ClaimField =
  | 'repository'
  | 'repositoryId'
  | 'ownerId'
  | 'ref'
  | 'commit'
  | 'workflow'
  | 'workflowPath'
  | 'workflowDigest'
  | 'trigger'
  | 'run'
  | 'runner'
  | 'signer'
  | 'builder';

export interface Claim {
  readonly field: ClaimField;
  /** Undefined: something else than a text stands there, which agrees with nothing. */
  readonly value: string | undefined;
}

export interface ClaimReading {
  readonly claims: readonly Claim[];
  /** What makes the predicate unreadable as provenance; undefined when nothing does. */
  readonly fault: string | undefined;
}

/** More sources than npm ever names; the rest of a hostile list is a fault. */
const sourcesAtMost = 16;

export function provenanceClaims(
  { predicateType, predicate }: Statement,
  identity: SignerIdentity,
): ClaimReading {
  return predicateType.endsWith('/v1') ? fromV1(predicate) : fromV02(predicate, identity);
}

/** slsa.dev/spec/v1.0/provenance, with the build type of GitHub's workflows. */
function fromV1(predicate: JsonObject): ClaimReading {
  const definition = ownObject(predicate, 'buildDefinition');
  const details = ownObject(predicate, 'runDetails');
  if (definition === undefined || details === undefined)
    return { claims: [], fault: 'it has no buildDefinition or no runDetails' };
  const workflow = ownObject(ownObject(definition, 'externalParameters') ?? {}, 'workflow') ?? {};
  const github = ownObject(ownObject(definition, 'internalParameters') ?? {}, 'github') ?? {};
  const dependencies = own(definition, 'resolvedDependencies') ?? [];
  const sources = sourcesIn(dependencies, 'gitCommit');
  const [repository, path, ref] = ['repository', 'path', 'ref'].map((key) => own(workflow, key));
  const isNamed = typeof repository === 'string' && typeof path === 'string' && typeof ref === 'string';
  const file = isNamed ? `${repository}/${path}@${ref}` : undefined;
  const claims = [
    ...claim('repository', repository),
    ...(path === undefined ? [] : [{ field: 'workflow', value: file } as const]),
    ...claim('trigger', own(github, 'event_name')),
    ...claim('repositoryId', own(github, 'repository_id')),
    ...claim('ownerId', own(github, 'repository_owner_id')),
    ...claim('runner', own(github, 'runner_environment')),
    ...sources.claims,
    ...builderClaims(own(ownObject(details, 'builder') ?? {}, 'id')),
    ...claim('run', own(ownObject(details, 'metadata') ?? {}, 'invocationId')),
  ];
  const isWorkflow = Object.keys(workflow).length > 0;
  const count = Array.isArray(dependencies) ? dependencies.length : 0;
  const fault = isWorkflow && count !== 1 ? `it names ${count} sources; a workflow has one` : sources.fault;
  return { claims, fault };
}

/** slsa.dev/spec/v0.2/provenance, as npm's client wrote it for GitHub and writes it for GitLab. */
function fromV02(predicate: JsonObject, identity: SignerIdentity): ClaimReading {
  const invocation = ownObject(predicate, 'invocation');
  if (invocation === undefined) return { claims: [], fault: 'it has no invocation' };
  const source = ownObject(invocation, 'configSource') ?? {};
  const environment = ownObject(invocation, 'environment') ?? {};
  const host = originOf(identity.sourceRepositoryUri);
  const sources = sourcesIn(
    [source, ...listOf(own(predicate, 'materials'))].filter((one) => own(one, 'uri') !== undefined),
    'sha1',
  );
  const claims = [
    ...sources.claims,
    ...entryPointClaims(own(source, 'entryPoint'), host),
    ...claim('repository', under(host, own(environment, 'GITHUB_REPOSITORY'))),
    ...claim('repositoryId', own(environment, 'GITHUB_REPOSITORY_ID')),
    ...claim('ownerId', own(environment, 'GITHUB_REPOSITORY_OWNER_ID')),
    ...claim('ref', own(environment, 'GITHUB_REF')),
    ...claim('commit', own(environment, 'GITHUB_SHA')),
    ...claim('trigger', own(environment, 'GITHUB_EVENT_NAME')),
    ...claim('workflow', under(host, own(environment, 'GITHUB_WORKFLOW_REF'))),
    ...claim('workflowDigest', own(environment, 'GITHUB_WORKFLOW_SHA')),
    ...runClaims(predicate, environment, identity),
    ...builderClaims(own(ownObject(predicate, 'builder') ?? {}, 'id')),
  ];
  return { claims, fault: sources.fault };
}

function claim(field: ClaimField, value: Json | undefined): readonly Claim[] {
  if (value === undefined) return [];
  return [{ field, value: typeof value === 'string' ? value : undefined }];
}

/** `git+https://host/owner/repo@refs/heads/main` and the commit beside it, from each source in git. */
function sourcesIn(list: Json, digestKey: 'gitCommit' | 'sha1'): ClaimReading {
  const entries = listOf(list);
  if (entries.length > sourcesAtMost) return { claims: [], fault: 'it names too many sources' };
  const claims = entries.flatMap((entry): readonly Claim[] => {
    const uri = own(entry, 'uri');
    if (typeof uri !== 'string' || !uri.startsWith('git+')) return claim('repository', uri);
    const at = uri.indexOf('@refs/');
    const repository = uri.slice('git+'.length, at < 0 ? undefined : at);
    return [
      ...claim('repository', repository),
      ...claim('ref', at < 0 ? undefined : uri.slice(at + 1)),
      ...claim('commit', own(ownObject(entry, 'digest') ?? {}, digestKey)),
    ];
  });
  return { claims, fault: undefined };
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: Json) => (isJsonObject(entry) ? entry : {}));
}

/** GitHub's `owner/repo/path@ref` or the path alone; GitLab's is the name of a job, which no certificate holds. */
function entryPointClaims(entryPoint: Json | undefined, host: string | undefined): readonly Claim[] {
  if (typeof entryPoint !== 'string') return claim('workflowPath', entryPoint);
  if (entryPoint.startsWith('.github/workflows/')) return claim('workflowPath', entryPoint);
  return entryPoint.includes('/.github/workflows/') ? claim('workflow', under(host, entryPoint)) : [];
}

/** Runners of GitHub by kind, a reusable workflow by its address, a runner of GitLab below its project. */
function builderClaims(id: Json | undefined): readonly Claim[] {
  if (typeof id !== 'string') return claim('builder', id ?? null);
  const runner = /^https:\/\/github\.com\/actions\/runner\/(.+)$/.exec(id)?.[1];
  if (runner !== undefined) return claim('runner', runner);
  if (id.includes('/.github/workflows/')) return claim('signer', id);
  const project = /^(https:\/\/.+)\/-\/runners\/\d+$/.exec(id)?.[1];
  return project === undefined ? claim('builder', id) : claim('repository', project);
}

/** GitHub: `<run>-<attempt>`; GitLab: the job's address. */
function runClaims(
  predicate: JsonObject,
  environment: JsonObject,
  { sourceRepositoryUri }: SignerIdentity,
): readonly Claim[] {
  const id = own(ownObject(predicate, 'metadata') ?? {}, 'buildInvocationId');
  const address = (run: string, attempt: string): string =>
    `${sourceRepositoryUri ?? ''}/actions/runs/${run}/attempts/${attempt}`;
  const pair = typeof id === 'string' ? /^(\d+)-(\d+)$/.exec(id) : null;
  const run = own(environment, 'GITHUB_RUN_ID');
  const attempt = own(environment, 'GITHUB_RUN_ATTEMPT');
  return [
    ...claim('run', pair === null ? id : address(pair[1] ?? '', pair[2] ?? '')),
    ...claim('run', typeof run === 'string' && typeof attempt === 'string' ? address(run, attempt) : run),
  ];
}

function originOf(uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : (URL.parse(uri)?.origin ?? undefined);
}

function under(host: string | undefined, path: Json | undefined): Json | undefined {
  if (path === undefined) return undefined;
  return typeof path === 'string' && host !== undefined ? `${host}/${path}` : null;
}
