#!/usr/bin/env python3
"""Check an export of sealed records, without the program that made it: python3 verify_export.py FOLDER [options]

  --anchor FILE   another copy of the anchor, kept elsewhere (else FOLDER/anchor.jsonl)
  --key HEX       a public key of the site that you know from elsewhere; give it for each. Else: the keys are printed

Prints the first broken record and ends with 1, or says what was found and ends with 0. Needs Python 3.9 alone; with the
package "cryptography" it is quicker. The format stands in docs/evidence.md.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature as NotGenuine
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # RFC 8032, section 6, shortened
    Ed25519PublicKey, NotGenuine = None, ValueError
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        q, p, n = add(q, p) if n & 1 else q, add(p, p), n >> 1
    return q


def point(b):
    y, sign = int.from_bytes(b, "little") & (2**255 - 1), b[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if (x * x - x2) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def is_genuine(key, signature, said):
    try:
        key, signature = bytes.fromhex(key), bytes.fromhex(signature)
        if Ed25519PublicKey is not None:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, said)
            return True
        s = int.from_bytes(signature[32:], "little")
        h = int.from_bytes(hashlib.sha512(signature[:32] + key + said).digest(), "little") % L
        left, right = times(s, point(G)), add(point(signature[:32]), times(h, point(key)))
        same = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
        return len(signature) == 64 and s < L and same
    except (ValueError, IndexError, NotGenuine):
        return False


G = (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")


def spelled(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def broken(what):
    print("BROKEN: " + what)
    sys.exit(1)


def groups(path):
    """The records of one block after the other: (block, [(line number, stream, id, hash, record)])."""
    block, rows = None, []
    with open(path, encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.rstrip("\n").split("\t")
            if (
                len(parts) != 5
                or not line.endswith("\n")
                or not parts[0].isdigit()
                or not parts[2].lstrip("-").isdigit()
            ):
                broken(f"records.txt, line {number} cannot be read")
            if block is not None and int(parts[0]) != block:
                yield block, rows
                rows = []
            block = int(parts[0])
            rows.append((number, parts[1], int(parts[2]), parts[3], parts[4]))
    if rows:
        yield block, rows


def lines_of(path):
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--anchor", type=Path)
    ask.add_argument("--key", action="append", default=[])
    given = ask.parse_args()
    anchor, keys, total, previous = read_anchor(given.anchor or given.folder / "anchor.jsonl"), {}, 0, "0" * 64
    records = groups(given.folder / "records.txt")
    seq = 0
    for seq, line in enumerate(lines_of(given.folder / "blocks.txt"), 1):
        try:
            hash_, signature, text = line.split("\t")
            said = json.loads(text)
            key = said["public_key"]
        except (ValueError, KeyError, TypeError):
            broken(f"block {seq}: cannot be read")
        if said["block"] != seq:
            broken(f"block {seq}: missing; block {said['block']} stands in its place")
        block, rows = next(records, (None, []))
        members, before = hashlib.sha256(), ("", 0)
        for number, stream, record, sha256, own in rows if block == seq else []:
            if hashlib.sha256(own.encode()).hexdigest() != sha256:
                what = "changed after it was sealed" if own else "sealed, and not there any more"
                broken(f"{stream} {record}: {what} (block {seq}, line {number} of records.txt)")
            if (stream, record) <= before:
                broken(f"{stream} {record}: not in its place (block {seq}, line {number} of records.txt)")
            before = (stream, record)
            members.update(f"{stream} {record} {sha256}\n".encode())
        if block != seq or len(rows) != said["records"] or members.hexdigest() != said["content"]:
            first = f"{rows[0][1]} {rows[0][2]}" if rows else "none"
            count = f"{len(rows) if block == seq else 0} records of {said['records']}"
            broken(f"block {seq}: its records are not those that were sealed, in their order: {count}, from {first} on")
        if said["previous"] != previous:
            broken(f"block {seq}: does not name the block before it")
        if hashlib.sha256(spelled(said).encode()).hexdigest() != hash_ or spelled(said) != text:
            broken(f"block {seq}: its hash is not that of its words")
        if not is_genuine(key, signature, text.encode()) or (given.key and key not in given.key):
            broken(f"block {seq}: not signed by the site (key {key})")
        if seq in anchor and anchor[seq] != hash_:
            broken(f"block {seq}: another one than the anchor knows")
        keys.setdefault(key, seq)
        total, previous = total + said["records"], hash_
        if said["total"] != total:
            broken(f"block {seq}: counts other records than there are")
    for _block, rows in records:
        broken(f"{rows[0][1]} {rows[0][2]}: in no block (line {rows[0][0]} of records.txt)")
    if any(one > seq for one in anchor):
        broken(f"block {seq + 1}: the anchor knows it, and the export ends before it")
    print(f"whole: {total} records in {seq} blocks; the anchor knows {len(anchor)} of them")
    print(f"the last block: {previous}")
    for key, first in keys.items():
        print(f"signed from block {first} on by key {key}")


def read_anchor(path):
    """What the anchor holds now, hash by block; a restore takes what was beyond it away."""
    found = {}
    if not path.exists():
        print("there is no anchor: that the end was cut off would not be seen")
        return found
    for number, text in enumerate(lines_of(path), 1):
        try:
            whole = json.loads(text)
            said = whole["line"]
            if not is_genuine(said["public_key"], whole["signature"], spelled(said).encode()):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            broken(f"anchor, line {number}: not as it was signed")
        if said["restored"]:
            found = {seq: hash_ for seq, hash_ in found.items() if seq <= said["block"]}
        else:
            found[said["block"]] = said["hash"]
    return found


if __name__ == "__main__":
    main()
