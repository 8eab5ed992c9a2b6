/**
 * The text form of a policy (C2SP tlog-policy), read strictly: one problem anywhere, and there is no policy. Names are
 * octets, not characters: two that look alike are two names.
 */
import { fromUtf8, parseDecimal, toHex, utf8 } from './bytes.ts';
import type { PolicyGroup, PolicyLog, PolicyWitness, TrustPolicy } from './policy.ts';
import type { Hash } from './rfc6962.ts';
import { parseVkey, signatureTypes, type VerifierKey } from './vkey.ts';

export type PolicyParse =
  | { readonly ok: true; readonly policy: TrustPolicy }
  /** `line` counts from 1; the last line, when it is something missing. */
  | { readonly ok: false; readonly line: number; readonly problem: string };

const maxPolicyBytes = 1 << 20;
/** Of logs, of witnesses and of groups, each. The specification asks for 32 at least. */
export const maxPolicyMembers = 256;

type Member = PolicyWitness | PolicyGroup;

interface Draft {
  readonly hash: Hash;
  readonly logs: PolicyLog[];
  readonly witnesses: PolicyWitness[];
  readonly groups: PolicyGroup[];
  readonly defined: Map<string, Member>;
  /** Names that are in a group already. */
  readonly grouped: Set<string>;
  quorum: TrustPolicy['quorum'] | undefined;
}

export function parsePolicy(raw: Uint8Array | string, hash: Hash): PolicyParse {
  const bytes = typeof raw === 'string' ? utf8(raw) : raw;
  if (bytes.length > maxPolicyBytes)
    return { ok: false, line: 1, problem: 'the policy is larger than 1 MiB' };
  const lines = octetsOf(bytes).split('\n');
  const draft: Draft = {
    hash,
    logs: [],
    witnesses: [],
    groups: [],
    defined: new Map(),
    grouped: new Set(),
    quorum: undefined,
  };
  const ending = lines.pop();
  for (const [n, line] of lines.entries()) {
    const problem = readLine(draft, line);
    if (problem !== undefined) return { ok: false, line: n + 1, problem };
  }
  if (ending !== '') return { ok: false, line: lines.length + 1, problem: 'the last line has no line feed' };
  const { logs, witnesses, quorum } = draft;
  if (quorum === undefined)
    return { ok: false, line: Math.max(1, lines.length), problem: 'there is no quorum line' };
  return { ok: true, policy: { logs, witnesses, quorum } };
}

/** The problem with the line, if there is one. */
function readLine(draft: Draft, line: string): string | undefined {
  if (/[^\t -~\u0080-\u00ff]/.test(line)) return 'control characters are not allowed';
  const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (keyword === undefined || keyword.startsWith('#')) return undefined;
  switch (keyword) {
    case 'log':
      return readLog(draft, items);
    case 'witness':
      return readWitness(draft, items);
    case 'group':
      return readGroup(draft, items);
    case 'quorum':
      return readQuorum(draft, items);
    default:
      return `there is no ${shown(keyword)} line: log, witness, group or quorum`;
  }
}

function readLog(draft: Draft, items: readonly string[]): string | undefined {
  const [vkey, url, extra] = items;
  if (vkey === undefined || extra !== undefined) return 'a log line is: log <vkey> [<url>]';
  const key = keyOf(vkey, draft.hash);
  if (key === undefined) return 'not a vkey, or its id is not that of its name and key';
  if (key.type === signatureTypes.cosignature) return 'this is the key of a witness, not of a log';
  if (draft.logs.some((log) => hasSameKey(log.key, key))) return 'another log line has the same public key';
  if (draft.logs.length === maxPolicyMembers) return `more than ${maxPolicyMembers} logs`;
  draft.logs.push({ key, url: url === undefined ? undefined : textOf(url) });
  return undefined;
}

function readWitness(draft: Draft, items: readonly string[]): string | undefined {
  const [name, vkey, url, extra] = items;
  if (name === undefined || vkey === undefined || extra !== undefined)
    return 'a witness line is: witness <name> <vkey> [<url>]';
  const key = keyOf(vkey, draft.hash);
  if (key === undefined) return 'not a vkey, or its id is not that of its name and key';
  if (key.type === signatureTypes.ed25519) return 'this is the key of a log, not of a witness';
  if (draft.witnesses.some((witness) => hasSameKey(witness.key, key)))
    return 'another witness line has the same public key';
  if (draft.witnesses.length === maxPolicyMembers) return `more than ${maxPolicyMembers} witnesses`;
  const witness = { name: textOf(name), key, url: url === undefined ? undefined : textOf(url) };
  const problem = define(draft, name, witness);
  if (problem === undefined) draft.witnesses.push(witness);
  return problem;
}

function readGroup(draft: Draft, items: readonly string[]): string | undefined {
  const [name, thresholdText, ...names] = items;
  if (name === undefined || thresholdText === undefined || names.length === 0)
    return 'a group line is: group <name> all|any|<k> <name>...';
  const threshold = thresholdOf(thresholdText, names.length);
  if (threshold === undefined)
    return `${shown(thresholdText)} is not all, any or a number from 1 to ${names.length}`;
  const members: Member[] = [];
  for (const each of names) {
    const member = draft.defined.get(each);
    if (member === undefined) return `${shown(each)} is not defined on a line above`;
    if (draft.grouped.has(each)) return `${shown(each)} is in a group already`;
    draft.grouped.add(each);
    members.push(member);
  }
  if (draft.groups.length === maxPolicyMembers) return `more than ${maxPolicyMembers} groups`;
  const group = { name: textOf(name), threshold, members };
  const problem = define(draft, name, group);
  if (problem === undefined) draft.groups.push(group);
  return problem;
}

function readQuorum(draft: Draft, items: readonly string[]): string | undefined {
  const [name, extra] = items;
  if (name === undefined || extra !== undefined) return 'a quorum line is: quorum <name>';
  if (draft.quorum !== undefined) return 'there is a quorum line above';
  draft.quorum = name === 'none' ? 'none' : draft.defined.get(name);
  return draft.quorum === undefined ? `${shown(name)} is not defined on a line above` : undefined;
}

function define(draft: Draft, name: string, member: Member): string | undefined {
  if (name === 'none') return '"none" has its meaning already';
  if (draft.defined.has(name)) return `${shown(name)} is defined on a line above`;
  draft.defined.set(name, member);
  return undefined;
}

function thresholdOf(text: string, members: number): number | undefined {
  if (text === 'all') return members;
  if (text === 'any') return 1;
  const threshold = parseDecimal(text);
  return threshold !== undefined && threshold >= 1 && threshold <= members ? threshold : undefined;
}

/** The specification compares keys without name and id. */
function hasSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return toHex(a.publicKey) === toHex(b.publicKey);
}

function keyOf(octets: string, hash: Hash): VerifierKey | undefined {
  const text = fromUtf8(bytesOf(octets));
  return text === undefined ? undefined : parseVkey(text, hash);
}

/** One character, U+0000 to U+00FF, for each octet. */
function octetsOf(bytes: Uint8Array): string {
  let octets = '';
  for (const byte of bytes) octets += String.fromCharCode(byte);
  return octets;
}

function bytesOf(octets: string): Uint8Array {
  return Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
}

function textOf(octets: string): string {
  return new TextDecoder().decode(bytesOf(octets));
}

function shown(octets: string): string {
  return JSON.stringify(textOf(octets).slice(0, 80));
}
