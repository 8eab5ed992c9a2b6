/** The routes of the control socket about VEX; shapes in `vex-protocol.ts`. */
import { sha256 } from '../../core/digest.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import type { Feeds } from '../feeds/for-gate.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import type { VexDocumentState } from '../vex/store.ts';
import { parseWith } from './parse.ts';
import {
  vexAbout,
  vexAdd,
  vexImport,
  vexRemove,
  type VexAbout,
  type VexAnswer,
  type VexImported,
  type VexRemoved,
  type VexStatements,
} from './vex-protocol.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerVex(
  { feeds, clock }: Pick<Gate, 'feeds' | 'clock'>,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  const store = feeds.vexStore;
  switch (route) {
    case 'GET /vex':
      return jsonAnswer(200, vexShown(feeds, rfc3339(clock())));
    case 'POST /vex/about':
      return jsonAnswer(200, about(feeds, parseWith(vexAbout, await body())));
    case 'POST /vex/import': {
      const { from, signer, signature, until } = parseWith(vexImport, await body());
      const { document, ...rest } = await store.importFrom({ from, signer, signature, until }, localOperator);
      const answer: VexImported = { ...rest, document: documentShown(document) };
      return jsonAnswer(200, answer);
    }
    case 'POST /vex/statements': {
      const { product, justification, ...rest } = parseWith(vexAdd, await body());
      parsePurl(product);
      const request = { ...rest, product: product as Purl, justification };
      return jsonAnswer(200, { stated: await store.add(request, localOperator) });
    }
    case 'POST /vex/remove': {
      const { id } = parseWith(vexRemove, await body());
      await store.remove(id, localOperator);
      const answer: VexRemoved = { id };
      return jsonAnswer(200, answer);
    }
    default:
      return undefined;
  }
}

function vexShown({ vexStore }: Pick<Feeds, 'vexStore'>, at: string): VexAnswer {
  const { signers, documents, stated } = vexStore.status();
  return {
    at,
    signers: signers.map(({ name, key, validDays }) => ({
      name,
      key: sha256(Buffer.from(key, 'base64')),
      validDays,
    })),
    documents: documents.map(documentShown),
    stated: [...stated],
  };
}

function documentShown({ problem, ...kept }: VexDocumentState): VexAnswer['documents'][number] {
  const { id, signer, digest, statements, inForce, passedOver, ends, source, importedAt, entry } = kept;
  const base = { id, signer, digest, statements, inForce, passedOver, ends, source, importedAt, entry };
  return { ...base, ...(problem !== undefined && { problem }) };
}

const mostShown = 500;

function about({ vexAbout: aboutPackage }: Pick<Feeds, 'vexAbout'>, request: VexAbout): VexStatements {
  const { ecosystem, name, version } = parsePurl(request.package);
  const all = aboutPackage(ecosystem, name).filter(
    ({ product }) => version === undefined || [undefined, version].includes(parsePurl(product).version),
  );
  const statements = all.slice(0, mostShown).map(({ cyclonedx: _cyclonedx, ...one }) => ({
    ...one,
    vulnerabilities: [...one.vulnerabilities],
  }));
  return { statements, more: all.length - statements.length };
}
