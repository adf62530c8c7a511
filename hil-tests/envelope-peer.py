"""A second implementation of the envelope, from its description alone: cbor2 and cryptography, nothing of protocols/.

Reads protocols/vectors/envelope.ndjson on stdin. Writes it anew on stdout, every key, password and frame made here from the
inputs. Opens every frame, compares its payload, and refuses it with one bit changed; exit status 1 names the first that fails.
"""

import json
import sys

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

COSE_ALG = {0: 10, 1: 4}
TAG = 8


def cbor(value):
    return cbor2.dumps(value, canonical=True)


def derive(session, length, info):
    salt = session["deployment"].encode()
    kdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=cbor(info))
    return kdf.derive(bytes.fromhex(session["root"]))


def keys_of(session):
    alg = session["alg"]
    info = ["v1", session["kid"], session["epoch"], COSE_ALG[alg], session["direction"]]
    return derive(session, 29 if alg == 0 else 32, info)


def shortest(number):
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


class Sealer:
    """Seals and opens what stands behind the header, for one session."""

    def __init__(self, session):
        self.session = session
        self.keys = keys_of(session)
        self.protected = cbor({1: COSE_ALG[session["alg"]]})

    def external(self, kid, epoch, piv):
        return cbor([0, COSE_ALG[self.session["alg"]], kid, epoch, piv, self.session["deployment"]])

    def cipher(self, piv):
        common = int.from_bytes(self.keys[16:], "big")
        return AESCCM(self.keys[:16], tag_length=TAG), (common ^ piv).to_bytes(13, "big")

    def additional(self, kid, epoch, piv):
        return cbor(["Encrypt0", self.protected, self.external(kid, epoch, piv)])

    def tag(self, kid, epoch, piv, payload):
        mac = hmac.HMAC(self.keys, hashes.SHA256())
        mac.update(cbor(["MAC0", self.protected, self.external(kid, epoch, piv), payload]))
        return mac.finalize()[:TAG]

    def seal(self, piv, payload):
        kid, epoch = self.session["kid"], self.session["epoch"]
        if self.session["alg"] == 0:
            aead, nonce = self.cipher(piv)
            return aead.encrypt(nonce, payload, self.additional(kid, epoch, piv))
        return payload + self.tag(kid, epoch, piv, payload)

    def open(self, kid, epoch, piv, sealed):
        if self.session["alg"] == 0:
            aead, nonce = self.cipher(piv)
            try:
                return aead.decrypt(nonce, sealed, self.additional(kid, epoch, piv))
            except InvalidTag:
                return None
        payload = sealed[:-TAG]
        return payload if self.tag(kid, epoch, piv, payload) == sealed[-TAG:] else None


def compressed(session, piv, sealed):
    kid, epoch, piv = session["kid"].to_bytes(2, "big"), shortest(session["epoch"]), shortest(piv)
    first = session["alg"] << 4 | (len(epoch) - 1) << 3 | (len(piv) - 1) << 1
    return bytes([first]) + kid + epoch + piv + sealed


def standard(session, piv, sealed):
    protected = cbor({1: COSE_ALG[session["alg"]]})
    unprotected = {4: session["kid"].to_bytes(2, "big"), 6: shortest(piv), 10: shortest(session["epoch"])}
    if session["alg"] == 0:
        return cbor(cbor2.CBORTag(16, [protected, unprotected, sealed]))
    return cbor(cbor2.CBORTag(17, [protected, unprotected, sealed[:-TAG], sealed[-TAG:]]))


def parse_compressed(frame):
    first = frame[0]
    assert first >> 6 == 0 and first & 1 == 0
    epoch_end = 3 + (first >> 3 & 1) + 1
    piv_end = epoch_end + (first >> 1 & 3) + 1
    kid, epoch, piv = (int.from_bytes(part, "big") for part in (frame[1:3], frame[3:epoch_end], frame[epoch_end:piv_end]))
    return first >> 4 & 3, kid, epoch, piv, frame[piv_end:]


def parse_standard(frame):
    item = cbor2.loads(frame)
    protected, unprotected = item.value[:2]
    assert list(unprotected) == [4, 6, 10] and (item.tag, len(item.value)) in ((16, 3), (17, 4))
    alg = {10: 0, 4: 1}[cbor2.loads(protected)[1]]
    kid, piv, epoch = (int.from_bytes(unprotected[label], "big") for label in (4, 6, 10))
    return alg, kid, epoch, piv, b"".join(item.value[2:])


def check(sealer, parsed, piv, payload):
    session = sealer.session
    alg, kid, epoch, number, sealed = parsed
    assert (alg, kid, epoch, number) == (session["alg"], session["kid"], session["epoch"], piv)
    assert sealer.open(kid, epoch, number, sealed) == payload
    damaged = bytearray(sealed)
    damaged[piv % len(damaged)] ^= 1 << piv % 8
    assert sealer.open(kid, epoch, number, bytes(damaged)) is None
    assert sealer.open(kid ^ 1, epoch, number, sealed) is None
    assert sealer.open(kid, epoch ^ 1, number, sealed) is None


def remake(session):
    sealer = Sealer(session)
    password = derive(session, 16, ["v1", session["kid"], 0, 0, "up", "mqtt-password"])
    messages = []
    for piv, payload_hex, frame, cose in session["messages"]:
        payload = bytes.fromhex(payload_hex)
        check(sealer, parse_compressed(bytes.fromhex(frame)), piv, payload)
        check(sealer, parse_standard(bytes.fromhex(cose)), piv, payload)
        sealed = sealer.seal(piv, payload)
        messages.append(
            [piv, payload_hex, compressed(session, piv, sealed).hex(), standard(session, piv, sealed).hex()]
        )
    return {**session, "keys": sealer.keys.hex(), "mqttPassword": password.hex(), "messages": messages}


def main():
    for number, line in enumerate(sys.stdin.buffer.read().decode().splitlines(), 1):
        try:
            text = json.dumps(remake(json.loads(line)), separators=(",", ":"), ensure_ascii=False)
        except AssertionError as failure:
            sys.exit(f"line {number}: {failure!r}, line {failure.__traceback__.tb_next.tb_lineno}")
        sys.stdout.buffer.write(text.encode() + b"\n")


main()
