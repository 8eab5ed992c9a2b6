/** Everything a gate can be told, after the files, environment and flags were read and merged. */
import type { ArchiveLimits } from '../../core/archive-reading.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { InputMode } from '../../core/rebuild.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { FeedLimits } from '../../evidence/vulnerabilities/feed-age.ts';
import type { LicencePolicy } from '../../licences/policy.ts';
import type { PolicySettings } from '../../policy/settings.ts';

export interface UpstreamSettings {
  readonly id: UpstreamId;
  readonly ecosystem: Ecosystem;
  /** Base URL, ends with `/`. */
  readonly url: string;
  /** Whose keys and names it speaks for (default: the URL's host). */
  readonly identityHost: string;
  /** npm scopes it owns, each like `@corp`; empty for the default upstream. A scope never falls through. */
  readonly scopes: readonly string[];
  /** Hosts (`host` or `host:port`) besides the upstream's own from which files may be fetched. */
  readonly fileHosts: readonly string[];
  /** `Authorization` header value, sent to the upstream's own host only; undefined when it needs none. */
  readonly authorization: string | undefined;
  /** Served only to callers whose token names this upstream. True when it has credentials. */
  readonly needsToken: boolean;
  /** Plain http and private addresses are allowed (loopback or intranet mirrors, set explicitly or by the machine's own configuration). */
  readonly allowInsecure: boolean;
  /** PEM file of authorities to trust besides the system's, as npm's `cafile` names it. */
  readonly caFile?: string;
}

export interface FetchLimits {
  readonly indexBytes: number;
  readonly fileBytes: number;
  readonly connectMs: number;
  /** Longest silence between two chunks. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly redirects: number;
  readonly retries: number;
  readonly concurrency: number;
}

export interface LedgerSettings {
  /** The log's name; undefined: made up when the log begins, and kept in its head. */
  readonly origin: string | undefined;
  /** How often a checkpoint is made while there is something new. */
  readonly checkpointSeconds: number;
  /** Absolute path of the C2SP tlog-policy file that names the witnesses and the quorum; undefined: no witnesses. */
  readonly witnessesFile: string | undefined;
  /** Without a quorum: publish all the same, or not at all. */
  readonly witnessMode: 'fail-open' | 'fail-closed';
}

/** Whom to ask about the repositories of one host. */
export interface ForgeSettings {
  /** Host (`host` or `host:port`, lower case) of the repository URIs it answers for. */
  readonly host: string;
  readonly kind: 'github' | 'git';
  /** Base URL of its API (`github`) or of its repositories (`git`: https or file), ends with `/`; undefined: the host. */
  readonly api: string | undefined;
  /** Sent below `api` only; undefined when it needs none. */
  readonly token: string | undefined;
}

/** A TUF repository that roots and keys are refreshed from. */
export interface TufSettings {
  /** Of the Sigstore instance it vouches for; `public-good` is the one whose root comes with the program. */
  readonly name: string;
  /** Ends with `/`. */
  readonly url: string;
  /** Absolute path of the root to start from; undefined: the one that comes with the program, or was imported. */
  readonly rootFile: string | undefined;
}

export interface TrustSettings {
  /** Undefined: never by itself. */
  readonly refreshEveryMs: number | undefined;
  /** How long a root is relied on after it was last confirmed; undefined: for ever. */
  readonly maxAgeMs: number | undefined;
  /** Undefined: the repository whose root comes with the program. */
  readonly tuf: readonly TufSettings[] | undefined;
}

/** Where the feed of advisories of one ecosystem is fetched from. */
export interface FeedSettings {
  readonly ecosystem: Ecosystem;
  /** Of the `all.zip`; `modified_id.csv` and the single records lie beside it. */
  readonly url: string;
  /** Undefined: never by itself. */
  readonly refreshEveryMs: number | undefined;
  readonly epssUrl: string | undefined;
  readonly kevUrl: string | undefined;
  /** List of popular names: a URL or an absolute path. */
  readonly popular: string | undefined;
}

/** Somebody whose statements about vulnerabilities count. */
export interface VexSignerSettings {
  readonly name: string;
  /** SubjectPublicKeyInfo, base64: Ed25519 or ECDSA P-256. */
  readonly key: string;
  /** How long a statement counts after it was made. */
  readonly validDays: number;
}

export interface SignerSettings {
  /** Absolute path. Outside the data directory, so that a restored or copied data directory is noticed. */
  readonly directory: string;
}

export interface RebuildSettings {
  /** Absolute path: workspaces, base roots and tools of builds; an unprivileged user must be able to enter it. */
  readonly directory: string;
  /** Absolute path of the folder with corrected recipes. */
  readonly recipes: string;
  /** How many builds run at a time. */
  readonly concurrency: number;
  /** What is used is built without being asked for, most used first. */
  readonly automatic: boolean;
  /** How packages come into a build. */
  readonly inputs: InputMode;
  /** Absolute paths of a private key and of the keys of hosts, for `ssh:` sources in recipes; both or none. */
  readonly sshKey?: string | undefined;
  readonly sshKnownHosts?: string | undefined;
}

/** The listener that serves what was built here and nothing else. */
export interface SecureChannelSettings {
  readonly enabled: boolean;
  readonly port: number;
  /** External base URL, ends with `/`; undefined: `http://<listen>:<port>/`. */
  readonly publicUrl: string | undefined;
  /** `secure`: what is Secure. `built`: also what differs from upstream's file, and is not suspicious. */
  readonly serve: 'secure' | 'built';
  /** Where no version of a package is there: 404, or what the main listener answers. */
  readonly missing: 'refuse' | 'main';
  /** Somebody named the port: a gate that cannot open it does not start. */
  readonly isDemanded: boolean;
}

export interface BehaviourSettings {
  /** `auto`: install scripts are watched where the sandbox isolates fully. */
  readonly watch: 'auto' | 'off';
}

export interface Settings {
  readonly listen: string;
  readonly port: number;
  readonly consolePort: number;
  /** Absolute path. */
  readonly dataDirectory: string;
  /** External base URL, ends with `/`; undefined: `http://<listen>:<port>/`. */
  readonly publicUrl: string | undefined;
  /** `Host` values accepted besides loopback, `listen` and publicUrl's. */
  readonly allowedHosts: readonly string[];
  /** Who may read without a token. */
  readonly anonymous: 'loopback' | 'always' | 'never';
  readonly upstreams: readonly UpstreamSettings[];
  readonly policy: PolicySettings;
  /** All empty: licences are told, and none is refused. */
  readonly licences: LicencePolicy;
  readonly archiveLimits: ArchiveLimits;
  readonly fetchLimits: FetchLimits;
  /** Seconds an index is used before upstream is asked again. */
  readonly indexFreshSeconds: number;
  readonly ledger: LedgerSettings;
  readonly signer: SignerSettings;
  readonly rebuild: RebuildSettings;
  readonly behaviour: BehaviourSettings;
  readonly secureChannel: SecureChannelSettings;
  readonly trust: TrustSettings;
  /** When advisories are too old to rely on. */
  readonly feedLimits: FeedLimits;
  /** One an ecosystem; empty: feeds are imported by hand. */
  readonly feeds: readonly FeedSettings[];
  /** Empty: of VEX only the operator's own statements count. */
  readonly vexSigners: readonly VexSignerSettings[];
  /** One a host; empty: what only a forge can tell is not checked. */
  readonly forges: readonly ForgeSettings[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Where a setting came from, for `assay config`. */
export type SettingSource = 'default' | 'file' | 'environment' | 'flag' | 'package manager' | 'stored';
