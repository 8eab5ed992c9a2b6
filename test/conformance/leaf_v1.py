#!/usr/bin/env python3
"""Checks a file of leaf version 1 vectors with Python's standard library alone.

Written from docs/leaf-v1.md, not from the TypeScript: usage `leaf_v1.py <vectors.json>`.
Prints how many checks were made; exits with 1 and names the first difference when there is one.
"""
import calendar
import hashlib
import json
import re
import sys

KEYS = ["actor", "evidence", "id", "prev", "statement", "subject", "time", "type", "v"]
FIELDS = ["subject", "actor", "statement", "evidence", "prev"]
TYPES = {"decision/v1", "erasure/v1", "key-rotation/v1", "expectation/v1", "trust-material/v1", "feed/v1",
         "rebuild/v1", "source/v1", "builder-key/v1"}
HEX64 = re.compile(r"[0-9a-f]{64}")
EVENT_ID = re.compile(r"[0-9A-Za-z_-]{26,64}")
INSTANT = re.compile(
    r"([1-9][0-9]{3})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z"
)


class Rejected(Exception):
    pass


def sha256(data):
    return hashlib.sha256(data).digest()


def parse(text):
    if re.fullmatch(r'\{"[\s\S]*,"v":(?!1\})[1-9][0-9]{0,8}\}', text) and len(text) <= 65535:
        raise Rejected("unknown-version")
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except ValueError:
        raise Rejected("malformed") from None
    if not isinstance(pairs, list) or [pair[0] for pair in pairs if isinstance(pair, tuple)] != KEYS:
        raise Rejected("malformed")
    leaf = dict(pairs)
    if type(leaf["v"]) is not int or not all(isinstance(leaf[key], str) for key in KEYS[:-1]):
        raise Rejected("malformed")
    if json.dumps(leaf, ensure_ascii=True, separators=(",", ":")) != text:
        raise Rejected("malformed")
    if not all(HEX64.fullmatch(leaf[field]) for field in FIELDS) or not EVENT_ID.fullmatch(leaf["id"]):
        raise Rejected("malformed")
    time = INSTANT.fullmatch(leaf["time"])
    if time is None or not re.fullmatch(r"[a-z0-9-]{1,48}/v[1-9][0-9]{0,3}", leaf["type"]):
        raise Rejected("malformed")
    if leaf["type"] not in TYPES:
        raise Rejected("unknown-type")
    year, month, day, hour, minute, second = (int(group) for group in time.groups())
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise Rejected("no-such-time")
    if hour > 23 or minute > 59 or second > 59:
        raise Rejected("no-such-time")
    return leaf


def commit(field, salt_hex, payload):
    if not HEX64.fullmatch(salt_hex):
        return None
    return sha256(b"assay/leaf/v1/" + field.encode() + b"\x00" + bytes.fromhex(salt_hex) + payload)


def tree_root(entries):
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + tree_root(entries[:split]) + tree_root(entries[split:]))


def place_commitment(place):
    if "commitment" in place:
        return bytes.fromhex(place["commitment"]) if HEX64.fullmatch(place["commitment"]) else None
    if place["digest"] != "" and not HEX64.fullmatch(place["digest"]):
        return None
    return commit("evidence", place["salt"], bytes.fromhex(place["digest"]))


def evidence_root(places):
    if not 1 <= len(places) <= 4096:
        return None
    digests = [place["digest"] for place in places if "digest" in place]
    if "" in digests and len(places) != 1:
        return None
    if any(a >= b for a, b in zip(digests, digests[1:])):
        return None
    commitments = [place_commitment(place) for place in places]
    return None if None in commitments else tree_root(commitments)


def verdict(leaf, openings):
    found = {}
    for field in FIELDS:
        opening = openings.get(field)
        if opening is None:
            found[field] = "closed"
        elif field == "evidence":
            root = evidence_root(opening)
            whole = all("digest" in place for place in opening)
            right = root is not None and root.hex() == leaf["evidence"]
            found[field] = ("opened" if whole else "partly") if right else "refuted"
        else:
            payload = opening["payload"].encode("utf-8")
            value = commit(field, opening["salt"], payload)
            right = value is not None and value.hex() == leaf[field]
            if field == "prev" and payload and not EVENT_ID.fullmatch(opening["payload"]):
                right = False
            found[field] = "opened" if right else "refuted"
    return found


def check(name, expected, found):
    if expected != found:
        sys.exit(f"{name}: expected {expected!r}, found {found!r}")
    return 1


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    checks = 0
    for case in vectors["leaves"]:
        name, openings = case["name"], case["openings"]
        leaf = parse(case["leaf"])
        for key in ["id", "type", "time"]:
            checks += check(f"{name}: {key}", case[key], leaf[key])
        checks += check(f"{name}: openings", dict.fromkeys(FIELDS, "opened"), verdict(leaf, openings))
        commitments = [place_commitment(place).hex() for place in openings["evidence"]]
        checks += check(f"{name}: commitments", case["evidenceCommitments"], commitments)
        leaf_hash = sha256(b"\x00" + case["leaf"].encode("ascii")).hex()
        checks += check(f"{name}: leaf hash", case["leafHash"], leaf_hash)
    for case in vectors["disclosures"]:
        checks += check(case["name"], case["verdict"], verdict(parse(case["leaf"]), case["openings"]))
    for case in vectors["rejected"]:
        try:
            parse(case["text"])
            problem = None
        except Rejected as rejected:
            problem = str(rejected)
        checks += check(case["name"], case["problem"], problem)
    print(checks)


if __name__ == "__main__":
    main(sys.argv[1])
