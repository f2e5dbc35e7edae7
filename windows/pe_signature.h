/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who signed a driver: enough to tell what Windows will refuse to load. Nothing is verified
   cryptographically: the question is which of a vendor's builds this is, not whether it is genuine.
 */
#ifndef WINDOWS_PE_SIGNATURE_H
#define WINDOWS_PE_SIGNATURE_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    PE_SIGNER_NONE,      /* not signed */
    PE_SIGNER_TEST,      /* with a self-signed certificate: loads in test mode only */
    PE_SIGNER_OTHER,     /* by some CA, perhaps cross-signed by Microsoft */
    PE_SIGNER_MICROSOFT, /* WHQL or attestation */
} PeSigner;

typedef struct {
    uint16_t machine; /* COFF: 0x14c x86, 0x8664 amd64, 0xaa64 arm64; 0 for a catalogue */
    PeSigner signer;  /* the best one of all signatures */
    gboolean has_sha1, has_sha256; /* digests of the signatures */
} PeSignature;

const char *pe_signer_name(PeSigner signer); /* "not signed", "test-signed", … for sentences */

/* The signatures embedded in a PE file. DRYDOCK_ERROR_CORRUPT: no PE file, or a damaged signature.
 */
gboolean pe_signature_read(GBytes *file, PeSignature *ret_signature,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same of a security catalogue (.cat). */
gboolean pe_signature_read_catalog(GBytes *file, PeSignature *ret_signature,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
