/** Errors of the ledger, its signer, and of trust. Kept sorted. */
export const ledgerErrors = {
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
} as const;
