import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHost, isLoopbackAddress, type HostRules } from './host.ts';

const loopback: HostRules = { listen: '127.0.0.1', port: 4873, publicUrl: undefined, allowedHosts: [] };

for (const host of [
  'localhost:4873',
  '127.0.0.1:4873',
  '127.0.0.2:4873',
  '[::1]:4873',
  'localhost',
  'LOCALHOST:4873',
]) {
  test(`a gate on loopback answers for ${host}`, () => {
    assert.equal(checkHost(loopback, host).state, 'accepted');
  });
}

for (const host of [
  undefined,
  '',
  'evil.example',
  'localhost.evil.example:4873',
  '127.0.0.1.evil.example',
  'localhost:4873@evil.example',
  'localhost/evil',
  'user@localhost',
  'localhost:99999',
  '[::2]:4873',
  '10.0.0.1:4873',
  'localhost\r\nx: y',
  'a'.repeat(300),
]) {
  test(`a gate on loopback refuses the host ${JSON.stringify(host)?.slice(0, 60)}`, () => {
    assert.equal(checkHost(loopback, host).state, 'refused');
  });
}

test('the base for tarball addresses is the host the client used', () => {
  assert.deepEqual(checkHost(loopback, 'localhost:4873'), {
    state: 'accepted',
    base: 'http://localhost:4873/',
  });
});

test('behind a proxy the configured public address is the base, whatever its scheme', () => {
  const rules = { ...loopback, publicUrl: 'https://gate.example.com/' };
  assert.deepEqual(checkHost(rules, 'gate.example.com'), {
    state: 'accepted',
    base: 'https://gate.example.com/',
  });
  assert.equal(checkHost(rules, 'gate.example.com.evil.example').state, 'refused');
  assert.equal(checkHost(rules, 'gate.example.com:8080').state, 'refused');
});

test('allowedHosts names a host with any port, or one host and port', () => {
  const rules = { ...loopback, allowedHosts: ['gate', 'other:81'] };
  assert.equal(checkHost(rules, 'gate:4873').state, 'accepted');
  assert.equal(checkHost(rules, 'other:81').state, 'accepted');
  assert.equal(checkHost(rules, 'other:82').state, 'refused');
});

test('a gate that listens on every address answers for plain addresses and still not for foreign names', () => {
  const rules = { ...loopback, listen: '0.0.0.0' };
  assert.equal(checkHost(rules, '10.1.2.3:4873').state, 'accepted');
  assert.equal(checkHost(rules, 'rebound.evil.example:4873').state, 'refused');
});

test('only 127/8 and ::1, also mapped into IPv6, are this machine', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopbackAddress(address));
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined])
    assert.ok(!isLoopbackAddress(address));
});
