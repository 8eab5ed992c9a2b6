/**
 * Entry of the signer process: `main.ts <folder>`. Reads requests from stdin one by one, answers on stdout, and ends with
 * its stdin, that is, with the process that started it. On an error that leaves the disk in doubt it answers and ends;
 * the next one reads what is really there.
 */
import { randomBytes } from 'node:crypto';
import { AssayError, messageOf } from '../../core/errors.ts';
import { nodeSignerFiles } from './files.ts';
import { lineSplitter } from './lines.ts';
import { idOf, maxLineBytes, parseRequestLine } from './protocol.ts';
import { createSigner } from './serve.ts';

const [, , directory = ''] = process.argv;

let ended = false;
const signer = createSigner({
  directory,
  files: nodeSignerFiles,
  clock: () => new Date(),
  newSeed: () => randomBytes(32),
  newName: () => randomBytes(6).toString('hex'),
});

function answerLine(line: string): void {
  const asked = parseRequestLine(line);
  if (asked === undefined) {
    const id = idOf(line);
    if (id === undefined) end(2);
    else say(id, { error: { code: 'LEDGER_SIGNER_REFUSED', message: 'refused: this is no request' } });
    return;
  }
  try {
    say(asked.id, { answer: signer.answer(asked.request) });
  } catch (error) {
    if (error instanceof AssayError && error.code.startsWith('LEDGER_'))
      say(asked.id, { error: { code: error.code, message: error.message, hint: error.hint } });
    else {
      say(asked.id, { error: { code: 'LEDGER_SIGNER_UNAVAILABLE', message: messageOf(error) } });
      end(1);
    }
  }
}

function say(id: number, what: object): void {
  process.stdout.write(`${JSON.stringify({ id, ...what })}\n`);
}

/** No further request is taken; what was said still goes out. */
function end(code: number): void {
  ended = true;
  process.stdin.destroy();
  signer.close();
  process.stdout.write('', () => process.exit(code));
}

process.stdin.on(
  'data',
  lineSplitter(
    maxLineBytes,
    (line) => {
      if (!ended) answerLine(line);
    },
    () => end(2),
  ),
);
process.stdin.on('end', () => process.exit(0));
