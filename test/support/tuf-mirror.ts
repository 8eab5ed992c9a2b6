/**
 * Lets an unmodified npm reach "Sigstore's" TUF repository where there is none: a proxy that takes every CONNECT to a
 * TLS server of the test, with a certificate for whatever host is asked, and a repository of the test behind it. npm is
 * told about all three by its environment and its own cache alone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { connect, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createServer as createTlsServer } from 'node:https';
import { clientProgram, type Client } from './clients.ts';
import { createAuthority, issueLeaf, usages } from './sigstore/certificates.ts';
import * as der from './sigstore/der.ts';
import { createSigningKey, pem } from './sigstore/keys.ts';
import { newTufSigner, tufFiles, tufRoot } from './tuf-repository.ts';

export interface TufMirror {
  /** For the client's environment; `home` is the client's. */
  readonly environmentFor: (client: Client, home: string) => Promise<Readonly<Record<string, string>>>;
  /** Paths asked for. */
  readonly asked: readonly string[];
  readonly close: () => void;
}

const dayMs = 86_400_000;

export async function startTufMirror(folder: string): Promise<TufMirror> {
  const [holder, online] = [newTufSigner(), newTufSigner()];
  const root = tufRoot({ version: 1, holders: [holder], online });
  // What npm looks up there first; keys of the registry at hand are not among them, as in the real one.
  const targets = { 'another.example.com/keys.json': Buffer.from('{"keys":[]}') };
  const files = tufFiles({ online, version: 1, targets });
  const asked: string[] = [];
  const validity = { from: new Date(Date.now() - dayMs), until: new Date(Date.now() + dayMs) };
  const authority = createAuthority('tls', validity);
  const authorityFile = join(folder, 'tls-root.pem');
  await writeFile(authorityFile, pem('CERTIFICATE', authority.root.der));

  function contextFor(host: string): SecureContext {
    const key = createSigningKey();
    const leaf = issueLeaf(authority.intermediate, {
      key,
      validity,
      usage: usages.serverAuthentication,
      alternativeName: der.context(2, Buffer.from(host), true),
      logs: [],
    });
    return createSecureContext({
      key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      cert: [leaf, authority.intermediate].map((one) => pem('CERTIFICATE', one.der)).join('\n'),
    });
  }

  const tls = createTlsServer(
    { SNICallback: (host, done) => done(null, contextFor(host)) },
    (request, response) => {
      const path = decodeURIComponent((request.url ?? '').replace(/^\/+/, ''));
      asked.push(path);
      const file = files.get(path);
      if (file === undefined) response.writeHead(404).end();
      else response.end(file);
    },
  );
  const proxy = createServer((_request, response) => response.writeHead(403).end());
  proxy.on('connect', (_request, socket, head) => {
    const behind = connect((tls.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    for (const end of [behind, socket]) end.on('error', () => end.destroy());
  });
  await Promise.all([tls, proxy].map(listening));
  return {
    environmentFor: async (client, home) => {
      const cache = join(home, '.npm/_tuf', await repositoryName(client));
      await mkdir(cache, { recursive: true });
      await writeFile(join(cache, 'root.json'), root);
      return {
        https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        no_proxy: '127.0.0.1',
        // npm 12 asks by Node's own fetch.
        NODE_USE_ENV_PROXY: '1',
        NODE_EXTRA_CA_CERTS: authorityFile,
      };
    },
    asked,
    close: () => {
      for (const server of [tls, proxy]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function listening(server: Pick<Server, 'listen'>): Promise<void> {
  return new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve));
}

/** The folder in which npm keeps what it knows of the repository, by npm's own word for where that is. */
async function repositoryName(client: Client): Promise<string> {
  const program = await clientProgram(client);
  const load = createRequire(join(dirname(program), '../package.json'));
  const { DEFAULT_MIRROR_URL } = load('@sigstore/tuf') as { readonly DEFAULT_MIRROR_URL: string };
  return encodeURIComponent(new URL(DEFAULT_MIRROR_URL).host);
}
