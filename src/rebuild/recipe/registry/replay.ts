/**
 * The answers of the fetch phase once more, for a build without a network: a folder of read-only files, and a program
 * that serves them inside, run by the build's own Node. The program is text, because it must run on any Node from 6 on
 * and is nothing of ours once it is inside: it can give only what lies in its folder.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../../core/errors.ts';
import type { BuildBlobs } from '../deps.ts';
import { insidePort, requestKey } from './paths.ts';
import type { Recorded } from './proxy.ts';

export const replayProgram = `'use strict';
var http = require('http'), fs = require('fs'), path = require('path');
var folder = process.argv[2], ready = process.argv[3];
var answers = JSON.parse(fs.readFileSync(path.join(folder, 'answers.json'), 'utf8'));
function keyOf(url) {
  var text = decodeURIComponent(url.split('?')[0].slice(5)), parts = text.split('/-/');
  if (parts.length === 1) return parts[0];
  var start = parts[0].slice(parts[0].indexOf('/') + 1) + '-';
  return parts[0] + '/-/' + parts[1].slice(start.length, -4);
}
http.createServer(function (request, response) {
  var file;
  try {
    var key = keyOf(request.url);
    if (Object.prototype.hasOwnProperty.call(answers, key)) file = answers[key];
  } catch (e) { file = undefined; }
  if (file === undefined || request.method !== 'GET') {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"error":"not among the inputs of this build"}');
    return;
  }
  response.writeHead(200, { 'content-type': key.indexOf('/-/') < 0 ? 'application/json' : 'application/octet-stream' });
  fs.createReadStream(path.join(folder, file)).pipe(response);
}).listen(${insidePort}, '127.0.0.1', function () { fs.writeFileSync(ready, ''); });
`;

/** Puts the recorded answers into a new folder of the host that a build mounts. Throws BLOB_MISSING. */
export async function writeReplay(
  folder: string,
  recorded: readonly Recorded[],
  blobs: BuildBlobs,
): Promise<void> {
  await mkdir(folder);
  const written = new Set<string>();
  for (const { sent } of recorded) {
    if (written.has(sent)) continue;
    written.add(sent);
    const path = await blobs.path(sent);
    if (path === undefined) throw new AssayError('BLOB_MISSING', `an input of the build is gone: ${sent}`);
    await copyFile(path, join(folder, sent));
  }
  const answers = Object.fromEntries(recorded.map(({ request, sent }) => [requestKey(request), sent]));
  await writeFile(join(folder, 'answers.json'), JSON.stringify(answers));
  await writeFile(join(folder, 'replay.js'), replayProgram);
}
