import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyAddress, literalAddress, type AddressClass } from './addresses.ts';

const cases: Readonly<Record<AddressClass, readonly string[]>> = {
  public: [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '168.63.129.17',
    '2606:4700::1111',
    '2001:4860:4860::8888',
    '2a00::1',
    '2003::1',
    '64:ff9b::1.1.1.1',
    '64:ff9b::808:808',
  ],
  private: [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '::1',
    'fc00::1',
    'fd00::1',
    'fdff:ffff::1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
  ],
  never: [
    '0.0.0.0',
    '0.1.2.3',
    '169.254.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '192.88.99.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:1.1.1.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::1',
    '64:ff9b:0:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fd00:ec2::254',
    'FD00:0EC2:0:0:0:0:0:254',
    'fd20:ce::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '',
    'localhost',
    '1.2.3',
    '01.1.1.1',
    '0x7f.0.0.1',
    '1.1.1.1.1',
    '::g',
    '[::1]',
    '1.1.1.1 ',
  ],
};

for (const [is, addresses] of Object.entries(cases)) {
  for (const address of addresses) {
    test(`${JSON.stringify(address)} is ${is}`, () => assert.equal(classifyAddress(address), is));
  }
}

const octet = fc.integer({ min: 0, max: 255 });

test('an IPv4 address is never public when it comes as an IPv6 one in disguise', () => {
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      const dotted = `${a}.${b}.${c}.${d}`;
      for (const disguise of [
        `::ffff:${dotted}`,
        `::ffff:${hex}`,
        `::${dotted}`,
        `2002:${hex}::1`,
        `0:0:0:0:0:ffff:${hex}`,
      ]) {
        assert.notEqual(classifyAddress(disguise), 'public', disguise);
      }
      assert.equal(classifyAddress(`64:ff9b::${dotted}`), classifyAddress(dotted));
      assert.equal(classifyAddress(`64:ff9b::${hex}`), classifyAddress(dotted));
    }),
  );
});

test('every spelling of an IPv6 address is judged the same', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      const full = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
      const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
      assert.equal(classifyAddress(short), classifyAddress(full));
      assert.equal(classifyAddress(full.toUpperCase()), classifyAddress(full));
    }),
  );
});

test('no text makes it throw, and none that is not an address is let through', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (classifyAddress(text) !== 'never') assert.notEqual(literalAddress(text), undefined);
    }),
  );
});

test('literal addresses are seen in URLs, in every spelling a URL may use', () => {
  for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '017700000001', '[::1]', '[0:0:0:0:0:0:0:1]']) {
    assert.notEqual(literalAddress(new URL(`http://${host}/`).hostname), undefined, host);
  }
  assert.equal(literalAddress('registry.example.com'), undefined);
});
