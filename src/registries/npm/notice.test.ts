import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { instantFrom, instantOf } from './instant.ts';
import { forTerminalLines } from './lines.ts';
import { npmNotice, restrictionMessage, type Withheld } from './notice.ts';
import type { TagMove } from './tags.ts';

const withheld: Withheld = {
  version: '3.2.1',
  why: 'Published 5 hours ago; this gate waits 72 hours.',
  until: '2026-11-23T05:00:00.001Z',
  caseId: '7Q2MABCDEFGHJ',
};
const moved: TagMove = { tag: 'latest', from: '3.2.1', to: '3.2.0' };

describe('the npm-notice of a steered index', () => {
  it('says what is withheld, what latest is here, and why', () => {
    assert.equal(
      npmNotice('colour-pick', [moved], [withheld]),
      'assay: colour-pick 3.2.1 withheld, latest is 3.2.0 here: Published 5 hours ago; this gate waits 72 hours; assay explain colour-pick@3.2.1',
    );
  });

  it('says that nothing is left', () => {
    assert.match(
      npmNotice('colour-pick', [{ ...moved, to: undefined }], []) ?? '',
      /^assay: colour-pick 3\.2\.1 withheld, nothing older stands: it is not listed; assay explain/,
    );
  });

  it('keeps quiet where latest is upstream’s own', () => {
    assert.equal(npmNotice('colour-pick', [], [withheld]), undefined);
    assert.equal(npmNotice('colour-pick', [{ ...moved, tag: 'next' }], [withheld]), undefined);
  });

  it('fits a header, whatever is in it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(text, text, text, fc.option(text, { nil: undefined }), (name, from, why, to) => {
        assert.match(
          npmNotice(name, [{ tag: 'latest', from, to }], [{ ...withheld, version: from, why }]) ?? '',
          /^[\x20-\x7e]{1,240}$/,
        );
      }),
    );
  });
});

describe('the message of policyRestrictions', () => {
  it('lists what is withheld and where to ask', () => {
    assert.equal(
      restrictionMessage('colour-pick', [withheld], [{ ...moved, to: undefined }]),
      `assay withholds 1 version of colour-pick:
  3.2.1 [AS-7Q2M]  Published 5 hours ago; this gate waits 72 hours. Free at 2026-11-23 05:01 UTC.
No stable version is left for the tag latest.
Why, which version to use, how to ask for an exception: assay explain colour-pick@3.2.1`,
    );
  });

  it('lists five and counts the rest', () => {
    const many = Array.from({ length: 8 }, (_, at) => ({
      ...withheld,
      version: `1.0.${at}`,
      until: undefined,
      caseId: undefined,
    }));
    const lines = restrictionMessage('colour-pick', many, [moved]).split('\n');
    assert.equal(lines.length, 8);
    assert.equal(lines[1], '  1.0.0  Published 5 hours ago; this gate waits 72 hours.');
    assert.equal(lines[6], '  and 3 more');
  });

  it('lets no control character through', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(text, text, text, text, (name, version, why, id) => {
        const message = restrictionMessage(name, [{ version, why, until: id, caseId: id }], []);
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        assert.equal(message.split('\n').length, 3);
      }),
    );
  });
});

describe('texts for people', () => {
  it('round an instant to come up to the minute, one that was down, and show what is none', () => {
    assert.equal(instantFrom('2026-11-23T05:00:00.000Z'), '2026-11-23 05:00 UTC');
    assert.equal(instantFrom('2026-11-23T05:00:59+01:00'), '2026-11-23 04:01 UTC');
    assert.equal(instantOf('2026-11-23T05:00:59.999Z'), '2026-11-23 05:00 UTC');
    assert.equal(instantFrom('soon\u0007'), 'soon\\u{7}');
  });

  it('bound the number of lines', () => {
    assert.equal(forTerminalLines('a\nb', 2), 'a\nb');
    assert.equal(forTerminalLines('a\nb\nc\nd', 2), 'a\nb\n...');
    assert.equal(forTerminalLines('a\r\n\u001bb'), 'a\\u{d}\n\\u{1b}b');
  });
});
