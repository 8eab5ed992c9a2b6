/** A run of a workflow on GitHub, and what it makes Fulcio and npm say about it. */
import type { SignerIdentity } from '../../../src/core/identity.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { purlOf, type Released } from './statements.ts';

export interface WorkflowRun {
  /** `owner/name` */
  readonly repository: string;
  readonly repositoryId: string;
  readonly ownerId: string;
  /** Path inside the repository. */
  readonly workflow: string;
  readonly ref: string;
  readonly commit: string;
  readonly trigger: string;
  readonly runner: 'github-hosted' | 'self-hosted';
  readonly runId: string;
}

const forge = 'https://github.com';

export function workflowRun(change: Partial<WorkflowRun> = {}): WorkflowRun {
  return {
    repository: 'example-owner/example',
    repositoryId: '495574555',
    ownerId: '71096353',
    workflow: '.github/workflows/release.yml',
    ref: 'refs/heads/main',
    commit: '46e7056ff9912ebfee5298d94024895a9fea76c0',
    trigger: 'push',
    runner: 'github-hosted',
    runId: '9116405766',
    ...change,
  };
}

export function repositoryUri(run: WorkflowRun): string {
  return `${forge}/${run.repository}`;
}

export function invocationUri(run: WorkflowRun): string {
  return `${forge}/${run.repository}/actions/runs/${run.runId}/attempts/1`;
}

/** All fields that Fulcio writes for a run in a public repository. */
export function identityOf(run: WorkflowRun): SignerIdentity {
  const workflowUri = `${repositoryUri(run)}/${run.workflow}@${run.ref}`;
  return {
    subject: { kind: 'uri', value: workflowUri },
    issuer: 'https://token.actions.githubusercontent.com',
    buildSignerUri: workflowUri,
    buildSignerDigest: run.commit,
    runnerEnvironment: run.runner,
    sourceRepositoryUri: repositoryUri(run),
    sourceRepositoryDigest: run.commit,
    sourceRepositoryRef: run.ref,
    sourceRepositoryId: run.repositoryId,
    ownerUri: `${forge}/${run.repository.split('/', 1)[0] ?? ''}`,
    ownerId: run.ownerId,
    buildConfigUri: workflowUri,
    buildConfigDigest: run.commit,
    buildTrigger: run.trigger,
    runInvocationUri: invocationUri(run),
    visibility: 'public',
    deploymentEnvironment: undefined,
  };
}

/** SLSA provenance v1 as npm 10 and later writes it. */
export function provenanceV1(released: Released, run: WorkflowRun): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: purlOf(released), digest: { sha512: released.sha512 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
        externalParameters: {
          workflow: { ref: run.ref, repository: repositoryUri(run), path: run.workflow },
        },
        internalParameters: {
          github: {
            event_name: run.trigger,
            repository_id: run.repositoryId,
            repository_owner_id: run.ownerId,
          },
        },
        resolvedDependencies: [
          { uri: `git+${repositoryUri(run)}@${run.ref}`, digest: { gitCommit: run.commit } },
        ],
      },
      runDetails: {
        builder: { id: `${forge}/actions/runner/${run.runner}` },
        metadata: { invocationId: invocationUri(run) },
      },
    },
  };
}

/** SLSA provenance v0.2 as npm 9 wrote it. */
export function provenanceV02(released: Released, run: WorkflowRun): JsonObject {
  const entryPoint = `${run.repository}/${run.workflow}@${run.ref}`;
  const source = `git+${repositoryUri(run)}`;
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ name: purlOf(released), digest: { sha512: released.sha512 } }],
    predicateType: 'https://slsa.dev/provenance/v0.2',
    predicate: {
      buildType: `${forge}/npm/cli/gha/v2`,
      builder: { id: `${forge}/actions/runner` },
      invocation: {
        configSource: { uri: `${source}@${run.ref}`, digest: { sha1: run.commit }, entryPoint },
        parameters: {},
        environment: {
          GITHUB_EVENT_NAME: run.trigger,
          GITHUB_REF: run.ref,
          GITHUB_REPOSITORY: run.repository,
          GITHUB_REPOSITORY_ID: run.repositoryId,
          GITHUB_REPOSITORY_OWNER_ID: run.ownerId,
          GITHUB_RUN_ATTEMPT: '1',
          GITHUB_RUN_ID: run.runId,
          GITHUB_SHA: run.commit,
          GITHUB_WORKFLOW_REF: entryPoint,
          GITHUB_WORKFLOW_SHA: run.commit,
        },
      },
      metadata: {
        buildInvocationId: `${run.runId}-1`,
        completeness: { parameters: false, environment: false, materials: false },
        reproducible: false,
      },
      materials: [{ uri: `${source}@${run.ref}`, digest: { sha1: run.commit } }],
    },
  };
}
