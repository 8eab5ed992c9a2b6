/** Whose TLS certificates are believed. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/**
 * Node's own list (with NODE_EXTRA_CA_CERTS), the machine's store, and `extra` (PEM). One context is made once:
 * reading some hundred certificates per connection would cost more than the request.
 */
export function createTrust(extra: string | undefined): SecureContext {
  const certificates = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  if (extra !== undefined) certificates.add(extra);
  return createSecureContext({ ca: [...certificates], minVersion: 'TLSv1.2' });
}
