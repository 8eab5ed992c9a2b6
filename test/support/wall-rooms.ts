/** The rooms of `src/`, and which of the others each may import. */

/**
 * Who may import whom; `core` is open to all. A value import needs `rooms`; `types` lists files whose types
 * alone may be imported, because an interface is declared by the code that uses it.
 */
export interface Room {
  readonly rooms: readonly string[];
  readonly types?: readonly string[];
  /** Each folder in it is a sibling of the others and must not import them. */
  readonly siblings?: boolean;
}

const consumers = [
  'admission/deps.ts',
  'admission/scan-deps.ts',
  'admission/behaviour-deps.ts',
  'admission/history-deps.ts',
  'ledger/log/deps.ts',
];

/** A room that is not here may not exist: add it with what it may import, and why. */
export const rooms: Readonly<Record<string, Room>> = {
  core: { rooms: [] },
  registries: { rooms: [], siblings: true },
  upstream: { rooms: [], types: consumers },
  archive: { rooms: [], types: consumers },
  // Knows formats, certificates and logs, and of no registry.
  sigstore: { rooms: [] },
  trust: { rooms: ['sigstore'], types: consumers },
  // What is publicly known of versions: advisories, ranges, scores. Pure.
  advisories: { rooms: [] },
  licences: { rooms: [] },
  // Rules over the bytes of a package, and the children that run them.
  scan: { rooms: ['archive', 'licences'] },
  // Documents for other programs: SBOM, SARIF, VEX. Pure.
  reports: { rooms: ['advisories'] },
  evidence: { rooms: ['sigstore', 'trust', 'advisories', 'licences', 'scan'], siblings: true },
  // Which class each package has. Pure.
  catalogue: { rooms: [] },
  // Sealed builds from source, and what came of them.
  rebuild: { rooms: ['archive'], siblings: true },
  policy: { rooms: [], types: consumers },
  'ledger/verify': { rooms: [] },
  ledger: { rooms: ['ledger/verify'], types: consumers },
  storage: { rooms: [], types: consumers },
  // Puts the pure steps in order; what does I/O reaches it through its own interfaces.
  admission: {
    rooms: ['policy', 'evidence', 'ledger', 'ledger/verify', 'sigstore', 'trust', 'advisories'],
  },
  // The composition root.
  server: {
    rooms: [
      'registries',
      'upstream',
      'archive',
      'sigstore',
      'trust',
      'advisories',
      'licences',
      'scan',
      'reports',
      'evidence',
      'catalogue',
      'rebuild',
      'policy',
      'ledger',
      'ledger/verify',
      'storage',
      'admission',
    ],
  },
  cli: { rooms: ['server'] },
};
