/** SHA-256 as `ledger/verify` takes it, in the form of node:crypto that is fastest for many small inputs. */
import { hash } from 'node:crypto';
import type { Hash } from '../verify/rfc6962.ts';

export const sha256: Hash = (bytes) => hash('sha256', bytes, 'buffer');
