/** The ledger's routes of the control socket; shapes in `ledger-protocol.ts`. */
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { formatDisclosure } from '../../ledger/verify/disclosure.ts';
import { isEventId } from '../../ledger/verify/leaf.ts';
import { releasesMeant } from '../answers/explain.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import type { Wanted } from '../ledger/disclose.ts';
import { summariesOf } from '../ledger/summaries.ts';
import {
  discloseRequest,
  eraseRequest,
  rotateKeyRequest,
  summaryRequest,
  type BuilderKeysAnswer,
  type DiscloseAnswer,
  type EraseAnswer,
  type RegistryKeysAnswer,
  type RotateKeyAnswer,
} from './ledger-protocol.ts';
import { parseWith } from './parse.ts';

/** Undefined when the ledger has no such route. `body` reads and parses the request's JSON. */
export async function answerLedger(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'GET /ledger':
      return jsonAnswer(200, await gate.ledger.status());
    case 'POST /ledger/disclose':
      return jsonAnswer(200, await answerDisclose(gate, await body()));
    case 'POST /ledger/erase': {
      const answer: EraseAnswer = {
        recordedAs: await gate.ledger.erase(parseWith(eraseRequest, await body())),
      };
      return jsonAnswer(200, answer);
    }
    case 'POST /ledger/rotate-key': {
      const { step } = parseWith(rotateKeyRequest, await body());
      const answer: RotateKeyAnswer = await gate.ledger.rotateKey(step);
      return jsonAnswer(200, answer);
    }
    case 'POST /ledger/summary': {
      const { query } = parseWith(summaryRequest, await body());
      return jsonAnswer(200, await summariesOf(gate.storage, await wantedBy(gate, query.trim())));
    }
    case 'GET /ledger/registry-keys':
      return jsonAnswer(200, keysAnswer(await gate.releaseKeys.list()));
    case 'POST /ledger/rotate-registry-key':
      return jsonAnswer(200, await rotateReleaseKey(gate));
    case 'GET /ledger/builder-keys':
      return jsonAnswer(200, await builderKeys(gate));
    case 'POST /ledger/rotate-builder-key': {
      const vkey = await gate.ledger.rotateBuilderKey();
      gate.log.warn({ vkey }, 'builds are signed by a new key');
      return jsonAnswer(200, await builderKeys(gate));
    }
    default:
      return undefined;
  }
}

async function builderKeys({ ledger }: Gate): Promise<BuilderKeysAnswer> {
  const { keys, inForce } = await ledger.builderKeys();
  return { keys: keys.map((key) => ({ ...key, inForce: key.vkey === inForce })) };
}

async function rotateReleaseKey(gate: Gate): Promise<RegistryKeysAnswer> {
  const keys = await gate.releaseKeys.rotate();
  gate.log.warn({ keyid: keys[0]?.keyid, before: keys[1]?.keyid }, 'releases are signed by a new key');
  return keysAnswer(keys);
}

function keysAnswer(keys: Awaited<ReturnType<Gate['releaseKeys']['list']>>): RegistryKeysAnswer {
  return { keys: keys.map(({ keyid, spki, expires }) => ({ keyid, spki, expires })) };
}

async function answerDisclose(gate: Gate, body: unknown): Promise<DiscloseAnswer> {
  const { query, fields } = parseWith(discloseRequest, body);
  const { disclosure, waiting } = await gate.ledger.disclose(await wantedBy(gate, query.trim()), fields);
  return { disclosure: formatDisclosure(disclosure), waiting };
}

/** Throws EXPLAIN_NOTHING_FOUND when nothing on record is meant. */
async function wantedBy(gate: Gate, query: string): Promise<Wanted> {
  if (/^\d{1,16}$/.test(query)) return { index: Number(query) };
  if (query === (await gate.storage.ledger.heads.head())?.origin) return { aboutLog: true };
  const digest = query.replace(/^sha256:/, '').toLowerCase();
  if (isSha256(digest)) return someReleases(query, await releasesOf(gate, digest));
  if (isEventId(query) && (await gate.storage.events.byId(query)) !== undefined) return { eventId: query };
  return someReleases(query, await releasesMeant(gate, query));
}

function releasesOf(
  gate: Gate,
  artifact: Sha256,
): ReturnType<Gate['storage']['events']['releasesOfArtifact']> {
  return gate.storage.events.releasesOfArtifact(artifact);
}

function someReleases(query: string, releases: Awaited<ReturnType<typeof releasesOf>>): Wanted {
  if (releases.length > 0) return { releases };
  throw new AssayError(
    'EXPLAIN_NOTHING_FOUND',
    `nothing is on record for ${JSON.stringify(query.slice(0, 200))}`,
  );
}
