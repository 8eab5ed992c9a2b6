import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../core/error-codes.ts';
import { isAssayError } from '../../core/errors.ts';
import { checkLines, gateHealth, type GatewayTarget } from './gateway-client.ts';
import { checkLimits, type CheckResult } from './protocol.ts';

interface FakeGate {
  readonly target: GatewayTarget;
  readonly asked: string[];
}

async function fakeGate(
  t: TestContext,
  answer: (body: string, response: ServerResponse) => void,
): Promise<FakeGate> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(String(request.headers.authorization));
      answer(Buffer.concat(chunks).toString('utf8'), response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { target: { url: `http://127.0.0.1:${port}/`, token: 'secret' }, asked };
}

const lines = (count: number): readonly { readonly purl: string }[] =>
  Array.from({ length: count }, (_, index) => ({ purl: `pkg:npm/a@1.0.${index}` }));
const allowed = (purl: string): string =>
  `${JSON.stringify({ purl, outcome: 'allow', reasons: [], integrityMatches: null })}\n`;
const echo = (body: string, response: ServerResponse): void => {
  for (const line of body.trimEnd().split('\n'))
    response.write(allowed((JSON.parse(line) as { purl: string }).purl));
  response.end();
};

async function fails(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error) => isAssayError(error, code));
}

test('every line is asked, in batches, and answered with its index', async (t) => {
  const { target, asked } = await fakeGate(t, echo);
  const count = checkLimits.lines * 2 + 3;
  const results = new Map<number, CheckResult>();
  await checkLines(target, lines(count), (index, result) => results.set(index, result));
  assert.equal(results.size, count);
  assert.equal(results.get(checkLimits.lines + 1)?.purl, `pkg:npm/a@1.0.${checkLimits.lines + 1}`);
  assert.deepEqual(asked, ['Bearer secret', 'Bearer secret', 'Bearer secret']);
});

test('an answer that is missing, broken off, of another artifact, surplus or no answer is an error, never a pass', async (t) => {
  const cases: readonly (readonly [string, ErrorCode, (body: string, response: ServerResponse) => void])[] = [
    ['missing', 'GATE_UNREACHABLE', (_body, response) => void response.end(allowed('pkg:npm/a@1.0.0'))],
    [
      'broken off',
      'GATE_UNREACHABLE',
      (_body, response) => void response.write(allowed('pkg:npm/a@1.0.0'), () => response.destroy()),
    ],
    [
      'another artifact',
      'CONTROL_ANSWER_INVALID',
      (_body, response) => void response.end(allowed('pkg:npm/b@1.0.0') + allowed('pkg:npm/a@1.0.1')),
    ],
    [
      'surplus',
      'CONTROL_ANSWER_INVALID',
      (_body, response) =>
        void response.end([0, 1, 2].map((index) => allowed(`pkg:npm/a@1.0.${index}`)).join('')),
    ],
    ['not JSON', 'CONTROL_ANSWER_INVALID', (_body, response) => void response.end('<html>\n')],
    [
      'an unknown outcome',
      'CONTROL_ANSWER_INVALID',
      (_body, response) =>
        void response.end(
          '{"purl":"pkg:npm/a@1.0.0","outcome":"fine","reasons":[],"integrityMatches":true}\n',
        ),
    ],
  ];
  for (const [, code, answer] of cases) {
    const { target } = await fakeGate(t, answer);
    await fails(
      checkLines(target, lines(2), () => undefined),
      code,
    );
  }
});

test("the gate's own error comes through with its code; a status without one is named", async (t) => {
  const own = await fakeGate(t, (_body, response) => {
    response.statusCode = 413;
    response.end(JSON.stringify({ error: { code: 'CHECK_TOO_LARGE', message: 'too many', hint: 'fewer' } }));
  });
  await fails(
    checkLines(own.target, lines(1), () => undefined),
    'CHECK_TOO_LARGE',
  );
  const bare = await fakeGate(t, (_body, response) => {
    response.statusCode = 502;
    response.end('bad gateway');
  });
  await fails(
    checkLines(bare.target, lines(1), () => undefined),
    'CONTROL_ANSWER_INVALID',
  );
});

test('health: a gate is known from any other server', async (t) => {
  const gate = await fakeGate(
    t,
    (_body, response) =>
      void response.end(JSON.stringify({ service: 'assay', version: '1', ready: true, problems: [] })),
  );
  assert.equal((await gateHealth(gate.target)).ready, true);
  const other = await fakeGate(t, (_body, response) => void response.end('{"ok":true}'));
  await fails(gateHealth(other.target), 'GATE_UNREACHABLE');
  await fails(gateHealth({ url: 'http://127.0.0.1:9/', token: undefined }), 'GATE_UNREACHABLE');
  const silent = await fakeGate(t, () => undefined);
  await fails(gateHealth(silent.target, 100), 'GATE_UNREACHABLE');
});
