# SPDX-License-Identifier: GPL-3.0-or-later
"""Small valid PE files, security catalogues, and certificates to sign them with."""

import hashlib
import os
import struct

from tools import run

X86, X64, ARM64 = 0x14C, 0x8664, 0xAA64
MACHINES = {"x86": X86, "amd64": X64, "arm64": ARM64}
NATIVE, GUI, CONSOLE, EFI_APPLICATION = 1, 2, 3, 10


def checksum(image, place):
    """As ImageHlp counts it; the field at place is left out."""
    padded = bytes(image) + bytes(len(image) % 2)
    total = 0
    for position, word in enumerate(struct.unpack("<%dH" % (len(padded) // 2), padded)):
        if position * 2 in (place, place + 2):
            continue
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(image)


def build(machine, subsystem, text, is_driver=False):
    """A program that does nothing; text makes it differ from others."""
    is_x64 = machine != X86
    optional_size = 240 if is_x64 else 224
    code = (b"\xb8\x01\x00\x00\x00\xc3" + text.encode()).ljust(512, b"\0")
    header = bytearray(512)
    header[0:2] = b"MZ"
    struct.pack_into("<I", header, 0x3C, 0x80)
    flags = 0x22 if is_x64 else 0x102
    struct.pack_into(
        "<4sHHIIIHH", header, 0x80, b"PE\0\0", machine, 1, 0x62A0C1B4, 0, 0, optional_size, flags
    )
    start = 0x98
    struct.pack_into(
        "<HBBIIIII",
        header,
        start,
        0x20B if is_x64 else 0x10B,
        14,
        0,
        len(code),
        0,
        0,
        0x1000,
        0x1000,
    )
    if is_x64:
        struct.pack_into("<Q", header, start + 24, 0x140000000)
    else:
        struct.pack_into("<II", header, start + 24, 0x2000, 0x10000 if is_driver else 0x400000)
    struct.pack_into(
        "<IIHHHHHHIIIIHH",
        header,
        start + 32,
        0x1000,
        0x200,
        6,
        1,
        6,
        1,
        6,
        1,
        0,
        0x2000,
        0x200,
        0,
        subsystem,
        0x8160,
    )
    sizes = "<QQQQII" if is_x64 else "<IIIIII"
    struct.pack_into(sizes, header, start + 72, 0x40000, 0x1000, 0x100000, 0x1000, 0, 16)
    struct.pack_into(
        "<8sIIIIIIHHI",
        header,
        start + optional_size,
        b".text",
        len(code),
        0x1000,
        len(code),
        0x200,
        0,
        0,
        0,
        0,
        0x60000020,
    )
    image = header + code
    struct.pack_into("<I", image, start + 64, checksum(image, start + 64))
    return bytes(image)


class Signer:
    """A key and certificate in folder. issuer: subject of a made-up one; None: self-signed."""

    def __init__(self, folder, name, subject, issuer):
        self.key = os.path.join(folder, name + ".key")
        self.chain = os.path.join(folder, name + ".pem")
        self.issuer_options = []
        common = ("-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "36500")
        usage = ("-addext", "extendedKeyUsage=codeSigning")
        if not issuer:
            run(
                "openssl",
                "req",
                "-x509",
                *common,
                "-keyout",
                self.key,
                "-out",
                self.chain,
                "-subj",
                subject,
                *usage
            )
            return
        authority = os.path.join(folder, name + "-ca")
        run(
            "openssl",
            "req",
            "-x509",
            *common,
            "-keyout",
            authority + ".key",
            "-out",
            authority + ".pem",
            "-subj",
            issuer
        )
        self.issuer_options = ["-certfile", authority + ".pem"]
        request = os.path.join(folder, name + ".csr")
        run(
            "openssl",
            "req",
            *common[:4],
            "-keyout",
            self.key,
            "-out",
            request,
            "-subj",
            subject,
            *usage
        )
        run(
            "openssl",
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            authority + ".pem",
            "-CAkey",
            authority + ".key",
            "-set_serial",
            "4660",
            "-days",
            "36500",
            "-sha256",
            "-copy_extensions",
            "copyall",
            "-out",
            self.chain,
        )
        with open(self.chain, "a") as chain, open(authority + ".pem") as certificate:
            chain.write(certificate.read())

    def sign(self, path, digest="sha256"):
        """Embeds an Authenticode signature in the PE file at path."""
        run(
            "osslsigncode",
            "sign",
            "-certs",
            self.chain,
            "-key",
            self.key,
            "-h",
            digest,
            "-n",
            "Drydock test driver",
            "-in",
            path,
            "-out",
            path + ".signed",
        )
        os.replace(path + ".signed", path)

    def write_catalog(self, path, files, digest="sha256"):
        """A catalogue at path that lists the hashes of files and is signed like them."""
        hashes = b""
        for name in files:
            with open(name, "rb") as file:
                hashes += b"\x04\x20" + hashlib.sha256(file.read()).digest()
        with open(path + ".list", "wb") as file:
            file.write(b"\x30\x81" + bytes([len(hashes)]) + hashes)
        # 1.3.6.1.4.1.311.10.1: a certificate trust list, which is what catalogues are.
        run(
            "openssl",
            "cms",
            "-sign",
            "-binary",
            "-nodetach",
            "-econtent_type",
            "1.3.6.1.4.1.311.10.1",
            "-md",
            digest,
            "-signer",
            self.chain,
            "-inkey",
            self.key,
            *self.issuer_options,
            "-outform",
            "DER",
            "-in",
            path + ".list",
            "-out",
            path
        )
        os.remove(path + ".list")
