/**
 * The error catalogue: code → meaning, remedy. Codes are never renamed or reused.
 * Keep it sorted; `docs/errors.md` is generated from it by `scripts/generate-docs.ts`.
 */
export interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

const catalogue = {
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
  INDEX_INVALID: {
    meaning:
      'What the upstream sent as the index of a package is not one: not JSON, about another package, or over a bound.',
    remedy:
      'Look at the upstream (assay doctor); nothing new of this package is admitted until it sends a proper index.',
  },
  INDEX_PARTS_CORRUPT: {
    meaning: 'The stored form of an index that was read is damaged or of another version of Assay.',
    remedy: 'It is made anew from the stored index; if it happens again, check the disk.',
  },
  INDEX_READER_FAILED: {
    meaning: 'The thread that reads indexes ended before it answered.',
    remedy: 'Try again; if one package always fails, its index is too large for this gate.',
  },
  INDEX_VERSION_ABSENT: {
    meaning: 'A version is not in the index that was read.',
    remedy: 'Ask for a version that the package lists.',
  },
  LEDGER_CLOCK_BACK: {
    meaning: "The clock shows an earlier time than the newest checkpoint's. Nothing was signed.",
    remedy:
      "Set the clock right; the log goes on by itself as soon as the time is past the newest checkpoint's.",
  },
  LEDGER_CORRUPT: {
    meaning: "The log's files, or its row in the database, do not have the hashes that were signed.",
    remedy:
      'Run `assay ledger fsck` to see which file it is, and restore that file from a copy; every file of the log can be checked against its checkpoint.',
  },
  LEDGER_ENTRY_INVALID: {
    meaning: 'An entry has more than 65,535 bytes, or was handed to the log twice.',
    remedy: 'Report it: nothing that reaches this point should be such an entry. Nothing was signed.',
  },
  LEDGER_ERASE_NOTHING: {
    meaning: 'There is no such field to erase: no entry has this id, or the field was erased before.',
    remedy: '`assay ledger show <n>` prints the id of an entry and which of its fields are still there.',
  },
  LEDGER_FORKED: {
    meaning:
      'Two different logs claim the same size: the database, the published checkpoint and the signer do not tell of one log.',
    remedy: 'Do not publish either. Keep both data directories; find out which of them the witnesses saw.',
  },
  LEDGER_HEAD_MOVED: {
    meaning: 'Another process moved the head of this log.',
    remedy: 'Let one process write a log. This one has stopped; the other goes on.',
  },
  LEDGER_INDEX_UNKNOWN: {
    meaning: 'No published checkpoint covers this entry or size yet, or there is none.',
    remedy: 'A new entry is covered about a second after its decision; `assay ledger status` shows the size.',
  },
  LEDGER_NOT_INAUGURATED: {
    meaning: 'The log has no name and no first row yet.',
    remedy: 'Start the gate once: it gives the log its name.',
  },
  LEDGER_NO_QUORUM: {
    meaning:
      'Too few witnesses cosigned the checkpoint, and the policy demands a quorum. It is not published.',
    remedy:
      'It is asked for again every second; `assay ledger status` names the witnesses that do not answer.',
  },
  LEDGER_ROLLED_BACK: {
    meaning: 'The published checkpoint is ahead of the database: the database is an old one.',
    remedy:
      'Put back the newest database, or the newest copy of the whole data directory. Nothing is signed until then.',
  },
  LEDGER_ROTATION_REFUSED: {
    meaning:
      "The older of the log's two keys cannot be retired: there is no second key, or no checkpoint that both signed covers its entry yet.",
    remedy:
      'Run `assay ledger rotate-key begin` first, and retire the older key when everybody who checks the log knows the new one.',
  },
  LEDGER_SIGNER_AHEAD: {
    meaning:
      'The signer has signed a later checkpoint than this data directory knows: the directory is an old copy, or one of two.',
    remedy: 'Put back the newest data directory, or stop the other gate. Nothing is signed until then.',
  },
  LEDGER_SIGNER_LOCKED: {
    meaning: 'Another signer is running for the same ledger.',
    remedy: 'Stop the other gate: a ledger has one signer.',
  },
  LEDGER_SIGNER_REFUSED: {
    meaning: 'The signer refuses to sign this checkpoint: it does not continue what it signed before.',
    remedy:
      'Run `assay ledger fsck`. If the data directory is a copy, put back the original; the key never signs two histories.',
  },
  LEDGER_SIGNER_UNAVAILABLE: {
    meaning: 'The signer process does not answer.',
    remedy:
      'It is asked again every second; entries wait and are not lost. If it stays so, look at its messages in the log.',
  },
  LEDGER_SIGNER_UNUSABLE: {
    meaning: "The signer's folder cannot be used: open to others, damaged, or inside the data directory.",
    remedy: 'Correct what the message names, or set signer.directory (ASSAY_SIGNER_DIRECTORY).',
  },
  LEDGER_STOPPED: {
    meaning:
      'The log stopped at an error, so as not to sign what may not be on the disk. Decisions are recorded all the same and wait.',
    remedy:
      'Repair what the message names, then start the gate again: it recovers and goes on where it stopped.',
  },
  LEDGER_TILE_CONFLICT: {
    meaning: 'A file of the log is there already with other bytes. Such a file never changes.',
    remedy: 'Look for a second writer of this data directory, and run `assay ledger fsck`.',
  },
  LEDGER_WITNESS_UNUSABLE: {
    meaning: "A witness's folder or key cannot be used: open to others, damaged, or held by another witness.",
    remedy: 'Correct what the message names.',
  },
  LEDGER_UNVERIFIED: {
    meaning:
      'A log, or what was handed out of it, could not be checked: no checkpoint, or none that a given key signed.',
    remedy:
      "Compare the key with the one the log's operator gave you (`assay ledger status` prints it); never take it from the log itself.",
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
  TRUST_INVALID: {
    meaning:
      'What was offered as registry keys, a Sigstore root or a TUF root is not one. Nothing was changed.',
    remedy: 'Compare the file with its source; docs/configuration.md names the forms that are read.',
  },
  TRUST_TUF_EXPIRED: {
    meaning:
      'The TUF repository offers metadata that has expired: it is no longer maintained, or somebody serves an old copy. The trust in use stays.',
    remedy:
      "Try again later, or ask the repository's operator. If `trust.tuf` names a mirror, see whether it is still filled.",
  },
  TRUST_TUF_INVALID: {
    meaning:
      'The TUF repository offers metadata or a target that is malformed, incomplete, or not what the signed metadata says. The trust in use stays.',
    remedy: 'See whether the URL in `trust.tuf` is a TUF repository; a proxy on the way may change files.',
  },
  TRUST_TUF_ROLLBACK: {
    meaning:
      'The TUF repository offers older metadata than was seen before, or a root that does not follow the one in use. The trust in use stays.',
    remedy:
      'A mirror may be behind: try again later. If it stays so, somebody may try to bring back keys that were withdrawn.',
  },
  TRUST_TUF_ROOT_MISSING: {
    meaning: 'A TUF repository is configured, and no root to start from is known for it.',
    remedy: 'Name the root in `trust.tuf`, or give it with `assay trust import root.json --tuf NAME`.',
  },
  TRUST_TUF_TOO_LARGE: {
    meaning: 'A file of the TUF repository is larger than what such a file may be. The trust in use stays.',
    remedy: 'See whether the URL in `trust.tuf` is right: no honest repository has such a file.',
  },
  TRUST_TUF_UNREACHABLE: {
    meaning:
      'The TUF repository could not be reached, or a file that it must have is not there. The trust in use stays.',
    remedy:
      'Check the network and `trust.tuf`. Without a network import the roots from files (`assay trust import`), and set `trust.refreshEvery: off`.',
  },
  TRUST_TUF_UNSIGNED: {
    meaning:
      'Metadata of the TUF repository does not bear the signatures of enough of the keys that its root names. The trust in use stays.',
    remedy:
      'See whether the URL in `trust.tuf` and the root belong together. If they do, the repository may be taken over.',
  },
  UPSTREAM_BUSY: {
    meaning:
      'An upstream is left alone for a while after repeated failures, or too many requests to it are waiting.',
    remedy: "Try again after the time given; the status page shows the upstream's last error.",
  },
  UPSTREAM_DIGEST_MISMATCH: {
    meaning: 'The bytes an upstream sent are not those its index claims a digest for.',
    remedy: "Do not install it. Ask the upstream's operator; a mirror may hold a damaged or altered copy.",
  },
  UPSTREAM_FILE_ABSENT: {
    meaning: 'An upstream has no file at the place its index names.',
    remedy: "Use another version, or ask the upstream's operator.",
  },
  UPSTREAM_HOST_REFUSED: {
    meaning:
      "An upstream's index names a place that it may not name, or a host leads to an address that is not public.",
    remedy:
      "If the host is right, add it to the upstream's fileHosts; a mirror inside your network needs allowInsecure.",
  },
  UPSTREAM_INVALID_ENCODING: {
    meaning: 'An answer is encoded in a way that was not asked for, or is not what its header says.',
    remedy: "Ask the upstream's operator: a proxy on the way may label or compress answers wrongly.",
  },
  UPSTREAM_IS_ASSAY: {
    meaning:
      'The registry this machine is configured with is this gate itself, and what it was before is not known.',
    remedy:
      'Set `upstreams.npm.url` in assay.yaml to the registry the gate shall take packages from, or run `assay use npm --undo` first.',
  },
  UPSTREAM_NOT_CONFIGURED: {
    meaning: 'It is not known which registry the gate shall take packages from.',
    remedy:
      'Set `upstreams.npm.url` in assay.yaml, or install npm and let `npm config get registry` name it.',
  },
  UPSTREAM_NOT_JSON: {
    meaning: 'An upstream answered with something other than a JSON index, often a login or error page.',
    remedy: "Open the upstream's URL with the same network and credentials and see what it answers.",
  },
  UPSTREAM_PROTOCOL: {
    meaning: "An upstream's answer breaks the rules of HTTP, or answers nothing that was asked.",
    remedy: "Ask the upstream's operator: a proxy on the way may be broken.",
  },
  UPSTREAM_REDIRECT_REFUSED: {
    meaning:
      'An upstream redirects to a host, scheme or address that is not allowed, in a circle, or too often.',
    remedy: "If the target is right, add its host to the upstream's fileHosts.",
  },
  UPSTREAM_STATUS: {
    meaning: 'An upstream answered with an error status.',
    remedy: "Try again later; the status page shows the upstream's health.",
  },
  UPSTREAM_TIMEOUT: {
    meaning: 'An upstream did not connect, answer or finish in time.',
    remedy: 'Try again later; check the network between the gate and the upstream.',
  },
  UPSTREAM_TOO_LARGE: {
    meaning: 'An answer is larger than the limit.',
    remedy: 'Raise the limit in fetchLimits if the package is really that large.',
  },
  UPSTREAM_TRUNCATED: {
    meaning: 'An answer ended before its end.',
    remedy: 'Try again; if it stays, a proxy on the way or the upstream cuts answers.',
  },
  UPSTREAM_UNAUTHORIZED: {
    meaning: "An upstream refuses the gate's credentials, or wants some (401 or 403).",
    remedy: 'Check the credentials that are configured for this upstream.',
  },
  UPSTREAM_UNKNOWN: {
    meaning: 'No upstream with this id is configured.',
    remedy: 'Run `assay config` to see the upstreams in force.',
  },
  UPSTREAM_UNREACHABLE: {
    meaning: 'No connection to an upstream could be made or kept.',
    remedy: 'Check name resolution, network and TLS trust between the gate and the upstream.',
  },
  USAGE_INVALID: {
    meaning: 'The command line could not be understood.',
    remedy: 'Add --help to the command.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes: Readonly<Record<ErrorCode, ErrorEntry>> = catalogue;
