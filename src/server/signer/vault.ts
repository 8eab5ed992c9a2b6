/** One log's keys and memory on disk: opened under the log's lock, made at its inception, changed before every signature. */
import { join } from 'node:path';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { encodeKeyFile, parseKeyFile, type SigningKey } from '../../ledger/signing/key-file.ts';
import { originFolder } from '../../ledger/signing/origin.ts';
import {
  encodeSlot,
  firstStateFile,
  readStateFile,
  slotPosition,
  type KeyInForce,
  type RememberedState,
  type SignerState,
} from '../../ledger/signing/state.ts';
import { formatVkey } from '../../ledger/verify/vkey.ts';
import { lockDirectory, type DirectoryLock } from '../../storage/directory.ts';
import type { SignerFiles } from './files.ts';

export interface VaultDeps {
  /** The signer's folder, with one folder for each log. */
  readonly directory: string;
  readonly files: SignerFiles;
  /** 32 bytes from a cryptographic source. */
  readonly newSeed: () => Uint8Array;
  /** For names that are in nobody's way. */
  readonly newName: () => string;
}

/** A log whose lock is held here. Keys are in the order of `state.keys`: newest first. */
export interface Vault {
  readonly state: () => SignerState;
  readonly keys: () => readonly SigningKey[];
  /**
   * On the disk when it returns. After any error it is not known which state the disk holds: the vault must not be used
   * again, but opened anew.
   */
  readonly remember: (state: SignerState) => void;
  /** Makes and stores a key; it counts once a remembered state names it. */
  readonly newKey: () => SigningKey;
  /** Destroys private keys that the state names no longer, and what unfinished writes left. */
  readonly tidy: () => void;
  /** Kept because the retired key, which signed it, is destroyed. */
  readonly retirement: () => Uint8Array | undefined;
  readonly keepRetirement: (bytes: Uint8Array) => void;
  /** The file of the keys that sign releases; undefined before the first one. Throws LEDGER_SIGNER_UNUSABLE. */
  readonly registryKeys: () => Uint8Array | undefined;
  /** Takes the place of the old file, and of the private key in it. */
  readonly keepRegistryKeys: (bytes: Uint8Array) => void;
  /** The file of the key that signs what is said of builds; undefined before the first. Throws LEDGER_SIGNER_UNUSABLE. */
  readonly builderKey: () => Uint8Array | undefined;
  /** The file of the key that shall sign builds once its entry is in the log. Throws LEDGER_SIGNER_UNUSABLE. */
  readonly nextBuilderKey: () => Uint8Array | undefined;
  readonly keepNextBuilderKey: (bytes: Uint8Array) => void;
  /** The next key takes the place of the one before it, whose file is gone then. */
  readonly useNextBuilderKey: () => void;
  readonly close: () => void;
}

const stateName = 'state';
const retirementName = 'retirement.json';
const registryKeysName = 'registry-keys.json';
/** Not named like the log's keys, which `tidy` looks after. */
const builderKeyName = 'builder-key';
const nextBuilderKeyName = 'builder-key.next';
const keyName = (key: SigningKey): string => `${key.verifier.id}.key`;

/** Undefined when this signer never signed for the log. Throws LEDGER_SIGNER_LOCKED, LEDGER_SIGNER_UNUSABLE. */
export function openVault(origin: string, deps: VaultDeps): Vault | undefined {
  const folder = join(deps.directory, originFolder(origin));
  if (deps.files.access(folder) === undefined) return undefined;
  mustBeClosed(deps.files, folder);
  const lock = takeLock(folder, origin);
  try {
    const remembered = readState(deps.files, folder, origin);
    const vault = vaultOf(folder, remembered, lock, deps);
    vault.tidy();
    return vault;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Makes the log's folder, whole or not at all: under another name first, then renamed. A crash before that leaves a
 * folder that nothing names, with a key that signed nothing; the next inception removes it.
 */
export function inceptVault(state: Omit<SignerState, 'keys'>, deps: VaultDeps): Vault {
  const { files, directory } = deps;
  const name = originFolder(state.origin);
  const unfinished = `${name}.partial-`;
  for (const left of files.list(directory))
    if (left.startsWith(unfinished)) files.remove(join(directory, left));
  const temporary = join(directory, `${unfinished}${deps.newName()}`);
  files.makeFolder(temporary);
  const key = storeNewKey(temporary, state.origin, [], deps);
  const keys: readonly KeyInForce[] = [{ vkey: formatVkey(key.verifier), since: 0 }];
  files.create(join(temporary, stateName), firstStateFile({ ...state, keys }));
  files.rename(temporary, join(directory, name));
  const vault = openVault(state.origin, deps);
  if (vault === undefined) throw unusable(`${join(directory, name)} was removed as soon as it was made`);
  return vault;
}

function vaultOf(folder: string, opened: RememberedState, lock: DirectoryLock, deps: VaultDeps): Vault {
  const { files } = deps;
  const { origin } = opened.state;
  let remembered = opened;
  let keys = opened.state.keys.map((key) => readKey(files, folder, origin, key));

  return {
    state: () => remembered.state,
    keys: () => keys,
    remember: (state) => {
      const next = { state, counter: remembered.counter + 1 };
      const kept = state.keys.map(
        ({ vkey }) =>
          keys.find((key) => formatVkey(key.verifier) === vkey) ??
          readKey(files, folder, origin, { vkey, since: 0 }),
      );
      files.overwrite(join(folder, stateName), slotPosition(next.counter), encodeSlot(next));
      remembered = next;
      keys = kept;
    },
    newKey: () => storeNewKey(folder, origin, keys, deps),
    tidy: () => {
      const needed = keys.map(keyName);
      for (const name of files.list(folder)) {
        const unneeded = name.endsWith('.key') && !needed.includes(name);
        if (unneeded || name.endsWith('.partial')) files.remove(join(folder, name));
      }
    },
    retirement: () => files.read(join(folder, retirementName)),
    keepRetirement: (bytes) => keepFile(files, join(folder, retirementName), bytes),
    registryKeys: () => readClosed(files, join(folder, registryKeysName)),
    keepRegistryKeys: (bytes) => keepFile(files, join(folder, registryKeysName), bytes),
    builderKey: () => readClosed(files, join(folder, builderKeyName)),
    nextBuilderKey: () => readClosed(files, join(folder, nextBuilderKeyName)),
    keepNextBuilderKey: (bytes) => keepFile(files, join(folder, nextBuilderKeyName), bytes),
    useNextBuilderKey: () => files.rename(join(folder, nextBuilderKeyName), join(folder, builderKeyName)),
    close: () => lock.release(),
  };
}

function readClosed(files: SignerFiles, path: string): Uint8Array | undefined {
  if (files.access(path) === undefined) return undefined;
  mustBeClosed(files, path);
  return files.read(path);
}

/** Whole or not at all. */
function keepFile(files: SignerFiles, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.partial`;
  files.remove(temporary);
  files.create(temporary, bytes);
  files.rename(temporary, path);
}

/** With another id than the keys in force have: ids are short, and a signature line names its key by it. */
function storeNewKey(
  folder: string,
  origin: string,
  others: readonly SigningKey[],
  deps: VaultDeps,
): SigningKey {
  for (;;) {
    const text = encodeKeyFile(origin, 'ed25519', deps.newSeed());
    const key = parseKeyFile(text, 'ed25519');
    if (key === undefined) throw new RangeError('a key that was written cannot be read');
    if (others.some((other) => keyName(other) === keyName(key))) continue;
    deps.files.create(join(folder, keyName(key)), Buffer.from(text));
    return key;
  }
}

function readState(files: SignerFiles, folder: string, origin: string): RememberedState {
  const path = join(folder, stateName);
  mustBeClosed(files, path);
  const bytes = files.read(path);
  const remembered = bytes && readStateFile(bytes);
  if (remembered === undefined)
    throw unusable(
      `${path} is missing or damaged: what was signed last is not known, so nothing is signed`,
      "Restore the signer's folder from a backup that is newer than the log's newest checkpoint, or begin a new log.",
    );
  if (remembered.state.origin !== origin)
    throw unusable(`${path} is the memory of ${remembered.state.origin}, not of ${origin}`);
  return remembered;
}

function readKey(files: SignerFiles, folder: string, origin: string, { vkey }: KeyInForce): SigningKey {
  const [, id = ''] = vkey.split('+');
  const path = join(folder, `${id}.key`);
  mustBeClosed(files, path);
  const key = parseKeyFile(Buffer.from(files.read(path) ?? []).toString('utf8'), 'ed25519');
  if (key === undefined || key.verifier.name !== origin || formatVkey(key.verifier) !== vkey)
    throw unusable(`${path} is not the private key of ${vkey}`);
  return key;
}

function mustBeClosed(files: SignerFiles, path: string): void {
  const access = files.access(path);
  if (access === undefined) throw unusable(`${path} is missing`);
  if (!access.mine) throw unusable(`${path} belongs to another user`);
  if ((access.mode & 0o077) !== 0)
    throw unusable(
      `${path} is open to others (mode ${access.mode.toString(8)})`,
      `Run chmod go= ${path} after making sure that nobody copied the key.`,
    );
}

function takeLock(folder: string, origin: string): DirectoryLock {
  try {
    return lockDirectory(folder);
  } catch (error) {
    if (isAssayError(error, 'DATA_DIRECTORY_LOCKED'))
      throw new AssayError('LEDGER_SIGNER_LOCKED', `another signer holds ${origin}`, { cause: error });
    throw error;
  }
}

function unusable(message: string, hint?: string): AssayError {
  return new AssayError('LEDGER_SIGNER_UNUSABLE', message, hint === undefined ? {} : { hint });
}
