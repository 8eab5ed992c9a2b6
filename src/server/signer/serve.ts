/**
 * The signer's work: one request at a time, each judged by `ledger/signing` against what the vault remembers. What is about
 * to be signed is remembered on the disk first, so that a crash can lose a signature but never the memory of one.
 */
import { canonicalBytes } from '../../core/canonical-json.ts';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Principal } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import {
  emptyRoot,
  judgeCheckpoint,
  judgeInception,
  judgeRetirement,
  judgeStatement,
} from '../../ledger/signing/may-sign.ts';
import type { SigningKey } from '../../ledger/signing/key-file.ts';
import type {
  KeyRotation,
  RotationStep,
  SignerAnswers,
  SignerRequest,
} from '../../ledger/signing/requests.ts';
import { rotationStatement } from '../../ledger/signing/rotation.ts';
import type { CheckpointRequest } from '../../ledger/log/deps.ts';
import { fromHex, utf8 } from '../../ledger/verify/bytes.ts';
import { formatCheckpoint } from '../../ledger/verify/checkpoint.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import { formatNote } from '../../ledger/verify/note.ts';
import { formatVkey } from '../../ledger/verify/vkey.ts';
import { applyBuilderKey, attestBuild, beginBuilderKey, builderKeysIn } from './builder.ts';
import { registryKeysIn, rotateRegistryKey, signRelease } from './registry.ts';
import { demand, envelopeOf, payloadOf } from './envelope.ts';
import { inceptVault, openVault, type Vault, type VaultDeps } from './vault.ts';

export interface SignerDeps extends VaultDeps {
  readonly clock: Clock;
}

export interface Signer {
  /**
   * Throws LEDGER_SIGNER_REFUSED, LEDGER_CLOCK_BACK, LEDGER_SIGNER_LOCKED, LEDGER_SIGNER_UNUSABLE: nothing was signed and
   * nothing changed. After any other error the signer must end: what the disk holds is not known.
   */
  readonly answer: (request: SignerRequest) => SignerAnswers[SignerRequest['kind']];
  readonly close: () => void;
}

export function createSigner(deps: SignerDeps): Signer {
  const vaults = new Map<string, Vault>();

  function vaultOf(origin: string): Vault | undefined {
    const vault = vaults.get(origin) ?? openVault(origin, deps);
    if (vault !== undefined) vaults.set(origin, vault);
    return vault;
  }

  function signCheckpoint(request: CheckpointRequest): string {
    const nowMs = deps.clock().getTime();
    const { origin, size, root } = request;
    const vault = vaultOf(origin) ?? incept(request, nowMs);
    demand(judgeCheckpoint(vault.state(), request, nowMs));
    vault.remember({ ...vault.state(), size, root, timeMs: nowMs });
    return signedNote(vault.keys(), formatCheckpoint({ origin, size, root: hashOf(root) }));
  }

  function incept(request: CheckpointRequest, nowMs: number): Vault {
    demand(judgeInception(request));
    const vault = inceptVault({ origin: request.origin, size: 0, root: emptyRoot, timeMs: nowMs }, deps);
    vaults.set(request.origin, vault);
    return vault;
  }

  function attest(origin: string, statement: JsonObject): Envelope {
    demand(judgeStatement(statement, origin));
    return envelopeOf(payloadOf(statement), known(origin).keys());
  }

  /** Asked again while two keys are in force, it makes no third one. */
  function beginRotation(vault: Vault, by: Principal): KeyRotation {
    const state = vault.state();
    if (state.keys.length === 1) {
      const vkey = formatVkey(vault.newKey().verifier);
      vault.remember({ ...state, keys: [{ vkey, since: state.size }, ...state.keys] });
    }
    return rotationOf('begin', vault, by);
  }

  function retire(vault: Vault, by: Principal): KeyRotation {
    const state = vault.state();
    const done = state.keys.length === 1 ? retirementOf(vault) : undefined;
    if (done !== undefined) return done;
    demand(judgeRetirement(state));
    const rotation = rotationOf('retire', vault, by);
    vault.keepRetirement(canonicalBytes(rotation as unknown as JsonObject));
    vault.remember({ ...state, keys: state.keys.slice(0, 1) });
    vault.tidy();
    return rotation;
  }

  function rotationOf(step: RotationStep, vault: Vault, principal: Principal): KeyRotation {
    const { origin, size } = vault.state();
    const [newer, older] = vault.keys();
    if (newer === undefined || older === undefined) throw refusal('refused: there are no two keys');
    const facts = { origin, step, older: older.verifier, newer: newer.verifier, size, principal };
    const statement = rotationStatement({ ...facts, time: rfc3339(deps.clock()) });
    const left = step === 'begin' ? [newer, older] : [newer];
    return {
      vkeys: left.map(({ verifier }) => formatVkey(verifier)),
      envelope: envelopeOf(canonicalBytes(statement), [newer, older]),
    };
  }

  function known(origin: string): Vault {
    const vault = vaultOf(origin);
    if (vault === undefined)
      throw refusal(`refused: this signer has no key for ${origin}; its log has not begun`);
    return vault;
  }

  function answer(request: SignerRequest): SignerAnswers[SignerRequest['kind']] {
    switch (request.kind) {
      case 'last': {
        const state = vaultOf(request.origin)?.state();
        return { size: state?.size ?? 0, root: state?.root ?? emptyRoot };
      }
      case 'vkeys':
        return (
          vaultOf(request.origin)
            ?.state()
            .keys.map(({ vkey }) => vkey) ?? []
        );
      case 'checkpoint':
        return signCheckpoint(request);
      case 'attestation':
        return attest(request.origin, request.statement);
      case 'build-attestation':
        return attestBuild(known(request.origin), request.origin, request.statement);
      case 'builder-keys':
        return builderKeysIn(vaultOf(request.origin), request.origin);
      case 'begin-builder-key':
        return beginBuilderKey(known(request.origin), request, deps);
      case 'use-builder-key':
        return applyBuilderKey(known(request.origin), request);
      case 'rotate-key':
        return request.step === 'begin'
          ? beginRotation(known(request.origin), request.principal)
          : retire(known(request.origin), request.principal);
      case 'registry-keys': {
        const vault = vaultOf(request.origin);
        return vault === undefined ? [] : registryKeysIn(vault, request.origin);
      }
      case 'registry-signature':
        return signRelease(known(request.origin), request, deps);
      case 'rotate-registry-key':
        return rotateRegistryKey(known(request.origin), request.origin, deps);
    }
  }

  return {
    answer,
    close: () => {
      for (const vault of vaults.values()) vault.close();
      vaults.clear();
    },
  };
}

/** The step that left the key in force alone; a retirement from before the last `begin` is none. */
function retirementOf(vault: Vault): KeyRotation | undefined {
  const bytes = vault.retirement();
  const rotation = bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as KeyRotation);
  const [only] = vault.state().keys;
  return rotation !== undefined && rotation.vkeys[0] === only?.vkey ? rotation : undefined;
}

function refusal(why: string): AssayError {
  return new AssayError('LEDGER_SIGNER_REFUSED', why);
}

/** Every key in force signs, so that verifiers who know only one of them are content. */
function signedNote(keys: readonly SigningKey[], text: string): string {
  const signatures = keys.map(({ verifier: { name, id }, sign }) => ({
    name,
    id,
    signature: sign(utf8(text)),
  }));
  return formatNote({ text, signatures });
}

function hashOf(hex: string): Uint8Array {
  return fromHex(hex, 32) ?? new Uint8Array(0);
}
