/**
 * The error catalogue: code → meaning, remedy. Codes are never renamed or reused.
 * Keep each part sorted; `docs/errors.md` is generated from it by `scripts/generate-docs.ts`.
 */
import { ledgerErrors } from './error-codes-ledger.ts';
import { rebuildErrors } from './error-codes-rebuild.ts';
import { upstreamErrors } from './error-codes-upstream.ts';

export interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

const catalogue = {
  ...ledgerErrors,
  ...rebuildErrors,
  ...upstreamErrors,
  ARCHIVE_READER_BUSY: {
    meaning: 'Too many archives wait to be read.',
    remedy: 'Try again in a few seconds; if it stays so, give the gate more reader children.',
  },
  ARCHIVE_READER_FAILED: {
    meaning:
      'The process that reads an archive died, or reached its limit of memory, CPU or time. Nothing was learnt about the archive.',
    remedy:
      'The release is held. Ask again; if it fails each time, the archive is hostile or needs higher limits.',
  },
  BLOB_CORRUPT: {
    meaning:
      'Stored bytes no longer have the digest they are named by. They were moved to quarantine and are not served.',
    remedy:
      'Check the disk. The bytes are fetched anew at the next request; `blobs/quarantine` holds the damaged file.',
  },
  BLOB_MISSING: {
    meaning: 'Bytes that a record names are not in the blob store.',
    remedy: 'They are fetched anew at the next request; if many are missing, restore `blobs` from a backup.',
  },
  BLOB_TOO_LARGE: {
    meaning: 'Stored bytes are larger than what the reader of them accepts.',
    remedy: 'Raise the limit named in the message if the package is legitimate.',
  },
  BUNDLE_VERIFIER_FAILED: {
    meaning:
      'The thread that verifies attestations ended, or took too long, before it answered. Nothing is known of them.',
    remedy: 'The release is held. Ask again; if it fails each time, its attestations are hostile.',
  },
  CANONICAL_JSON_UNREPRESENTABLE: {
    meaning: 'A value has no canonical JSON form (RFC 8785).',
    remedy: 'Report it: nothing that reaches this point should hold such a value.',
  },
  CASE_UNKNOWN: {
    meaning: 'No refusal is on record under this case id.',
    remedy:
      'Check the id: 13 letters and digits, as printed in the refusal. It is kept by the gate that refused.',
  },
  CHECK_TOO_LARGE: {
    meaning: 'A check request has more lines, or a longer line, than one request may have.',
    remedy: 'Send fewer artifacts a request; `assay check` does so by itself.',
  },
  CONFIG_INVALID: {
    meaning: 'A configuration file, variable or flag says something that cannot be used.',
    remedy: 'Correct the place that the message names; docs/configuration.md lists every key.',
  },
  CONFIG_UNREADABLE: {
    meaning: 'A configuration file exists but could not be read.',
    remedy: 'Check the path and its permissions.',
  },
  CONTROL_ANSWER_INVALID: {
    meaning: 'The running gate answered something this command line does not understand.',
    remedy: 'Use the command line of the same Assay version as the running gate.',
  },
  CONTROL_SOCKET_PATH_TOO_LONG: {
    meaning: "The data directory's path is too long for a Unix socket in it.",
    remedy: 'Choose a data directory with a shorter path (ASSAY_DATA or --data).',
  },
  CURSOR_INVALID: {
    meaning: 'A page was asked for with a cursor that is none.',
    remedy: 'Start again from the first page.',
  },
  DATA_DIRECTORY_INVALID: {
    meaning: 'The data directory cannot be used.',
    remedy: 'Check that it is a directory you own, writable by you and closed to others (mode 0700).',
  },
  DATA_DIRECTORY_LOCKED: {
    meaning: 'Another gate is already running on this data directory.',
    remedy: 'Stop the other gate, or name another directory with ASSAY_DATA.',
  },
  EXPECTATION_NO_UPSTREAM: {
    meaning: 'No configured upstream answers for a package of this name.',
    remedy: '`assay config` shows the upstreams; name one with `--upstream`.',
  },
  EXPECTATION_UNKNOWN: {
    meaning: 'Nothing is expected of the package, and nothing was learned about it that could be forgotten.',
    remedy: '`assay expect show` tells what is known of a package. Nothing needs to be done.',
  },
  EXPLAIN_NOTHING_FOUND: {
    meaning: 'No decision is on record for what was asked.',
    remedy: 'Give a case id, a package@version, a package URL, or the URL the package manager printed.',
  },
  FEED_BUSY: {
    meaning: 'Another import of a feed is under way.',
    remedy: '`assay feed status` shows it. Try again when it has ended.',
  },
  FEED_CANARY_MISSED: {
    meaning:
      'A record that every feed of the ecosystem has is not in this one, or is not read as it was: the feed lost content, or changed its form.',
    remedy:
      'The feed imported before stays in force. Fetch the file again, and compare it with its publisher.',
  },
  FEED_ECOSYSTEM_WRONG: {
    meaning:
      'No record of the feed is about the ecosystem that it was imported for, so nothing of it was taken.',
    remedy: 'Import the archive of that ecosystem, or name the other one with `--ecosystem`.',
  },
  FEED_EMPTY: {
    meaning: 'A feed has no record in force. An empty feed looks like a world without vulnerabilities.',
    remedy: 'The feed imported before stays in force. Fetch the file again.',
  },
  FEED_OVERRIDE_UNKNOWN: {
    meaning: 'There is no such override of an advisory.',
    remedy: '`assay feed override list` shows those there are.',
  },
  FEED_SHRANK: {
    meaning: 'A feed has less than half the records of the one in force, or its newest record is older.',
    remedy:
      'The feed imported before stays in force. When the smaller or older one is meant, import it with `--allow-shrink`.',
  },
  FEED_SNAPSHOT_INVALID: {
    meaning: 'A stored snapshot of advisories is damaged, or is not the one that the record names.',
    remedy: 'Import the feed again. Until then what it refused stays refused, and new releases wait.',
  },
  FEED_UNREADABLE: {
    meaning:
      'A feed (advisories, EPSS scores, exploited vulnerabilities) cannot be read, so nothing of it was taken.',
    remedy:
      'The feed imported before stays in force. Fetch the file again; if it fails each time, its publisher changed its form.',
  },
  GATE_BUSY: {
    meaning: 'The gate has more work waiting than it accepts.',
    remedy: 'Try again in a few seconds; if it lasts, look at the queue lengths under /-/metrics.',
  },
  GATE_NOT_RUNNING: {
    meaning: 'No gate is running on this data directory.',
    remedy: 'Start it with `assay serve`, or name its data directory with --data.',
  },
  GATE_START_FAILED: {
    meaning: 'The gate could not start.',
    remedy: 'Read the message; nothing was changed.',
  },
  GATE_UNREACHABLE: {
    meaning: 'The gate could not be reached.',
    remedy: 'Check that it runs (`assay serve`) and that the address is right (`--gate URL`).',
  },
  HOST_REFUSED: {
    meaning: 'A request named a Host that this gate does not answer for.',
    remedy: 'Use the address printed at start, or add the name to allowedHosts.',
  },
  LOCKFILE_INVALID: {
    meaning: 'A lockfile could not be read as what its name says it is.',
    remedy: 'Let the package manager write it anew; nothing in it was checked.',
  },
  LOCKFILE_NOT_FOUND: {
    meaning: 'There is no lockfile to check.',
    remedy: 'Run it in a project with a lockfile, or name the lockfile.',
  },
  LOCKFILE_TOO_LARGE: {
    meaning: 'A lockfile is larger, or locks more, than is read.',
    remedy: 'Check its parts (workspaces) one by one; nothing in it was checked.',
  },
  LOCKFILE_UNSUPPORTED: {
    meaning: 'This version of the lockfile format is not read.',
    remedy: 'Write it anew with a current package manager, as the message says.',
  },
  PACKAGE_MANAGER_FAILED: {
    meaning: 'A package manager of this machine failed, or took too long.',
    remedy: 'Run the command in the message by hand to see why.',
  },
  PACKAGE_MANAGER_MISSING: {
    meaning: 'A package manager that is needed is not on the PATH.',
    remedy: 'Install it, or configure what it would have been asked.',
  },
  PORT_IN_USE: {
    meaning: 'The port is held by another process.',
    remedy: 'Stop that process, or choose another port (ASSAY_PORT or --port).',
  },
  PURL_INVALID: {
    meaning: 'A package URL could not be read.',
    remedy: 'Write it as pkg:npm/name@version, with @scope as %40scope.',
  },
  RC_FILE_UNUSABLE: {
    meaning: "A package manager's configuration file cannot be read or edited safely.",
    remedy: 'Correct the file by hand, as the message says, then run the command again.',
  },
  REQUEST_INVALID: {
    meaning: 'A request could not be understood.',
    remedy: 'Compare it with the documentation of the route.',
  },
  REQUEST_TOO_LARGE: {
    meaning: 'A request is larger than the route accepts.',
    remedy: 'Send less at once.',
  },
  SCAN_BUSY: {
    meaning: 'Too many archives wait to be scanned.',
    remedy: 'Try again in a few seconds; if it stays so, give the gate more scanner children.',
  },
  SCAN_FAILED: {
    meaning:
      'The process that scans a package died, reached its limit of memory, CPU or time, or could not read the archive. Nothing was learnt about the package.',
    remedy:
      'The release is held. Ask again; if it fails each time, the package is hostile or needs higher limits.',
  },
  SCAN_NOT_FOUND: {
    meaning: 'What was to be scanned is not there: no file, no folder, no release name.',
    remedy: 'Name a tarball, a folder, a lockfile, package@version or a package URL.',
  },
  STORAGE_ADMITTED_BYTES_CHANGED: {
    meaning: 'A decision would have replaced the bytes of a release that was already admitted.',
    remedy: 'Report it: changed bytes raise an alarm and are never admitted under the same name.',
  },
  STORAGE_CORRUPT: {
    meaning: 'The database file is damaged.',
    remedy:
      'Stop the gate, keep the damaged file, and restore the data directory from a backup. Nothing was changed in it.',
  },
  STORAGE_FAILED: {
    meaning: 'Reading or writing the data directory failed. Nothing of the failed write was stored.',
    remedy: 'Look at the cause in the log and at the disk; the request can be tried again.',
  },
  STORAGE_FULL: {
    meaning: 'The disk that holds the data directory is full. Nothing of the failed write was stored.',
    remedy: 'Free some space; the gate goes on by itself.',
  },
  STORAGE_MIGRATION_CHANGED: {
    meaning: 'The database was made by a migration that differs from the one in this version.',
    remedy: 'Run the version of Assay that made the database, or restore a backup.',
  },
  STORAGE_TOO_NEW: {
    meaning: 'The database was made by a newer version of Assay.',
    remedy: 'Run that version or a newer one; going back needs a backup from before the upgrade.',
  },
  TOKEN_NAME_TAKEN: {
    meaning: 'A token of this name exists.',
    remedy: 'Choose another name, or revoke the old one first: `assay token revoke <name>`.',
  },
  TOKEN_REQUIRED: {
    meaning: 'This package is served only to callers with a token for its upstream.',
    remedy:
      'Ask the operator for a token (assay token create) and set it as the registry token of your package manager.',
  },
  TOKEN_UNKNOWN: {
    meaning: 'There is no token of this name.',
    remedy: '`assay token list` shows the names.',
  },
  TOKEN_UPSTREAM_UNKNOWN: {
    meaning: 'A token was asked for an upstream that is not configured.',
    remedy: '`assay config` shows the upstreams.',
  },
  USAGE_INVALID: {
    meaning: 'The command line could not be understood.',
    remedy: 'Add --help to the command.',
  },
  VEX_EXPIRED: {
    meaning:
      'All that a VEX document states has ended: its statements were made too long ago, so nothing was taken.',
    remedy: 'Ask its author for a newer one. How long a statement counts is set by `validFor` of the signer.',
  },
  VEX_FOREIGN: {
    meaning:
      'A VEX document states nothing about any package that can be named here, so nothing of it was taken.',
    remedy:
      'Its statements must name packages by package URL (npm, pypi, go, cargo, maven, debian, oci) and have what their status demands.',
  },
  VEX_FULL: {
    meaning: 'There is no room for more VEX documents or statements.',
    remedy: '`assay vex list` shows those there are; remove some with `assay vex remove <id>`.',
  },
  VEX_INVALID: {
    meaning: 'A document of VEX statements cannot be read, so nothing it says was taken.',
    remedy: 'Ask its author for a document in the form of OpenVEX 0.2.0 or CycloneDX.',
  },
  VEX_OLDER: {
    meaning: 'A VEX document is an earlier version of one that is in force.',
    remedy: 'When the earlier one is meant, remove the other first: `assay vex remove <id>`.',
  },
  VEX_SIGNATURE_INVALID: {
    meaning:
      'No signature over a VEX document was made with the key of the signer it was imported for, so nothing of it was taken.',
    remedy:
      'Check that document and signature belong together, and that the configuration (`vex.signers`) has its own key.',
  },
  VEX_SIGNER_UNKNOWN: {
    meaning: 'The configuration names no such signer of VEX documents.',
    remedy:
      'Third parties count only when they are named with their public key: `vex.signers` in the configuration.',
  },
  VEX_UNKNOWN: {
    meaning: 'There is no such VEX document or statement.',
    remedy: '`assay vex list` shows the ids.',
  },
  VEX_UNSIGNED: {
    meaning: 'A VEX document came without a signature, so nothing of it was taken.',
    remedy:
      'Give the file with its signature (`--signature`), or the document in a DSSE envelope. What you state yourself: `assay vex add`.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes: Readonly<Record<ErrorCode, ErrorEntry>> = catalogue;
