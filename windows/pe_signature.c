/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PE headers (Microsoft PE Format, "The Attribute Certificate Table") and PKCS#7 SignedData
   (RFC 2315) as Authenticode uses it. */
#include "windows/pe_signature.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "windows/der.h"

#define PE_OFFSET 0x3c
#define COFF_SIZE 24 /* with the "PE\0\0" in front */
#define OPTIONAL_MAGIC_PE32 0x10b
#define OPTIONAL_MAGIC_PE32PLUS 0x20b
#define DIRECTORY_SECURITY 4
#define CERTIFICATE_HEADER 8
#define CERTIFICATE_TYPE_PKCS7 2

/* A file has one or two signatures; nested ones one level deep. */
#define SIGNATURES_LIMIT 16
#define NESTING_LIMIT 3
#define CERTIFICATES_LIMIT 64

static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
static const uint8_t oid_sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
/* szOID_NESTED_SIGNATURE 1.3.6.1.4.1.311.2.4.1 */
static const uint8_t oid_nested[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x04, 0x01};

/* Issuing CAs of Microsoft's hardware programme: attestation and WHQL since 2012, WHQL before. */
static const char *const microsoft_issuers[] = {
    "Microsoft Windows Third Party Component CA",
    "Microsoft Windows Hardware Compatibility",
    "Microsoft Windows Verification",
    "Microsoft Windows Production PCA",
};

typedef struct {
    DerElement issuer, serial, subject;
} Certificate;

static gboolean read_content_info(DerCursor *cursor, PeSignature *signature, guint depth);

const char *pe_signer_name(PeSigner signer)
{
    static const char *const names[] = {
        [PE_SIGNER_NONE] = "not signed",
        [PE_SIGNER_TEST] = "signed with a self-made test certificate",
        [PE_SIGNER_OTHER] = "signed by its vendor",
        [PE_SIGNER_MICROSOFT] = "signed by Microsoft",
    };

    return names[signer];
}

static gboolean contains_text(const DerElement *element, const char *text)
{
    size_t length = strlen(text);

    return memmem(element->content, element->length, text, length) != NULL;
}

/* Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version, serial, algorithm, issuer, validity,
   subject, … }, … } */
static gboolean read_certificate(const DerElement *element, Certificate *ret_certificate)
{
    DerCursor outer, inner;
    DerElement tbs, skipped;

    der_enter(element, &outer);
    if (!der_expect(&outer, DER_SEQUENCE, &tbs))
        return FALSE;
    der_enter(&tbs, &inner);
    der_expect(&inner, DER_CONTEXT_0, &skipped);
    return der_expect(&inner, DER_INTEGER, &ret_certificate->serial) &&
           der_expect(&inner, DER_SEQUENCE, &skipped) &&
           der_expect(&inner, DER_SEQUENCE, &ret_certificate->issuer) &&
           der_expect(&inner, DER_SEQUENCE, &skipped) &&
           der_expect(&inner, DER_SEQUENCE, &ret_certificate->subject);
}

/* set: NULL when there are none. */
static GArray *read_certificates(const DerElement *set)
{
    GArray *certificates = g_array_new(FALSE, FALSE, sizeof(Certificate));
    DerCursor cursor;
    DerElement element;

    if (!set)
        return certificates;
    der_enter(set, &cursor);
    while (certificates->len < CERTIFICATES_LIMIT && der_next(&cursor, &element)) {
        Certificate certificate;

        if (read_certificate(&element, &certificate))
            g_array_append_val(certificates, certificate);
    }
    return certificates;
}

static PeSigner classify(const GArray *certificates, const DerElement *issuer,
                         const DerElement *serial)
{
    for (guint i = 0; i < certificates->len; i++) {
        const Certificate *certificate = &g_array_index(certificates, Certificate, i);

        if (!der_equal(&certificate->issuer, issuer) || !der_equal(&certificate->serial, serial))
            continue;
        if (der_equal(&certificate->issuer, &certificate->subject))
            return PE_SIGNER_TEST;
        for (guint j = 0; j < G_N_ELEMENTS(microsoft_issuers); j++) {
            if (contains_text(issuer, microsoft_issuers[j]))
                return PE_SIGNER_MICROSOFT;
        }
        return PE_SIGNER_OTHER;
    }
    return PE_SIGNER_NONE; /* a signature without its certificate convinces nobody */
}

/* unauthenticatedAttributes: SET of SEQUENCE { type OID, SET of values } */
static void read_nested(const DerElement *attributes, PeSignature *signature, guint depth)
{
    DerCursor cursor;
    DerElement attribute;

    der_enter(attributes, &cursor);
    for (guint i = 0; i < SIGNATURES_LIMIT && der_next(&cursor, &attribute); i++) {
        DerCursor inside, values;
        DerElement type, set;

        der_enter(&attribute, &inside);
        if (!der_expect(&inside, DER_OID, &type) || !der_expect(&inside, DER_SET, &set) ||
            !der_is_oid(&type, oid_nested, sizeof oid_nested))
            continue;
        der_enter(&set, &values);
        for (guint j = 0; j < SIGNATURES_LIMIT && values.next < values.end; j++) {
            if (!read_content_info(&values, signature, depth + 1))
                break;
        }
    }
}

/* SignerInfo ::= SEQUENCE { version, { issuer, serial }, digestAlgorithm { oid }, [0] attributes,
   encryption, signature, [1] attributes } */
static gboolean read_signer_info(const DerElement *info, const GArray *certificates,
                                 PeSignature *signature, guint depth)
{
    DerCursor cursor, inside;
    DerElement element, issuer, serial, algorithm;

    der_enter(info, &cursor);
    if (!der_expect(&cursor, DER_INTEGER, &element) || !der_expect(&cursor, DER_SEQUENCE, &element))
        return FALSE;
    der_enter(&element, &inside);
    if (!der_expect(&inside, DER_SEQUENCE, &issuer) || !der_expect(&inside, DER_INTEGER, &serial) ||
        !der_expect(&cursor, DER_SEQUENCE, &element))
        return FALSE;
    der_enter(&element, &inside);
    if (!der_expect(&inside, DER_OID, &algorithm))
        return FALSE;
    signature->has_sha1 |= der_is_oid(&algorithm, oid_sha1, sizeof oid_sha1);
    signature->has_sha256 |= der_is_oid(&algorithm, oid_sha256, sizeof oid_sha256);
    signature->signer = MAX(signature->signer, classify(certificates, &issuer, &serial));
    while (der_next(&cursor, &element)) {
        if (element.tag == DER_CONTEXT_1)
            read_nested(&element, signature, depth);
    }
    return TRUE;
}

/* SignedData ::= SEQUENCE { version, digestAlgorithms SET, contentInfo, [0] certificates, [1] crls,
   signerInfos SET } */
static gboolean read_signed_data(const DerElement *data, PeSignature *signature, guint depth)
{
    g_autoptr(GArray) certificates = NULL;
    DerCursor cursor, infos;
    DerElement element, set;

    der_enter(data, &cursor);
    if (!der_expect(&cursor, DER_INTEGER, &element) || !der_expect(&cursor, DER_SET, &element) ||
        !der_expect(&cursor, DER_SEQUENCE, &element))
        return FALSE;
    certificates = read_certificates(der_expect(&cursor, DER_CONTEXT_0, &set) ? &set : NULL);
    der_expect(&cursor, DER_CONTEXT_1, &element);
    if (!der_expect(&cursor, DER_SET, &set))
        return FALSE;
    der_enter(&set, &infos);
    for (guint i = 0; i < SIGNATURES_LIMIT && der_next(&infos, &element); i++) {
        if (!read_signer_info(&element, certificates, signature, depth))
            return FALSE;
    }
    return TRUE;
}

/* ContentInfo ::= SEQUENCE { signedData OID, [0] SignedData } */
static gboolean read_content_info(DerCursor *cursor, PeSignature *signature, guint depth)
{
    DerCursor inside;
    DerElement info, type, content, data;

    if (depth > NESTING_LIMIT || !der_expect(cursor, DER_SEQUENCE, &info))
        return FALSE;
    der_enter(&info, &inside);
    if (!der_expect(&inside, DER_OID, &type) ||
        !der_is_oid(&type, oid_signed_data, sizeof oid_signed_data) ||
        !der_expect(&inside, DER_CONTEXT_0, &content))
        return FALSE;
    der_enter(&content, &inside);
    return der_expect(&inside, DER_SEQUENCE, &data) && read_signed_data(&data, signature, depth);
}

/* Offset and size of the attribute certificate table, both 0 when there is none. */
static gboolean find_certificates(const uint8_t *file, size_t size, PeSignature *signature,
                                  uint32_t *ret_offset, uint32_t *ret_size)
{
    uint64_t coff, directory, optional_end;
    uint16_t magic;

    if (size < PE_OFFSET + 4 || memcmp(file, "MZ", 2) != 0)
        return FALSE;
    coff = get_le32(file + PE_OFFSET);
    if (!range_is_within(coff, COFF_SIZE + 2, size) || memcmp(file + coff, "PE\0\0", 4) != 0)
        return FALSE;
    signature->machine = get_le16(file + coff + 4);
    optional_end = coff + COFF_SIZE + get_le16(file + coff + 20);
    magic = get_le16(file + coff + COFF_SIZE);
    if (magic != OPTIONAL_MAGIC_PE32 && magic != OPTIONAL_MAGIC_PE32PLUS)
        return FALSE;
    /* NumberOfRvaAndSizes stands right before the directories. */
    directory = coff + COFF_SIZE + (magic == OPTIONAL_MAGIC_PE32 ? 96 : 112);
    *ret_offset = 0;
    *ret_size = 0;
    if (!range_is_within(directory - 4, 4, size))
        return FALSE;
    if (get_le32(file + directory - 4) <= DIRECTORY_SECURITY)
        return TRUE;
    directory += DIRECTORY_SECURITY * 8;
    if (directory + 8 > optional_end || !range_is_within(directory, 8, size))
        return FALSE;
    *ret_offset = get_le32(file + directory);
    *ret_size = get_le32(file + directory + 4);
    return range_is_within(*ret_offset, *ret_size, size);
}

/* WIN_CERTIFICATE entries, each on a multiple of eight bytes. */
static gboolean read_table(const uint8_t *table, size_t size, PeSignature *signature)
{
    for (guint i = 0; i < SIGNATURES_LIMIT && size > CERTIFICATE_HEADER; i++) {
        uint32_t length = get_le32(table);
        uint64_t step;
        DerCursor cursor;

        if (length < CERTIFICATE_HEADER || length > size)
            return FALSE;
        if (get_le16(table + 6) == CERTIFICATE_TYPE_PKCS7) {
            der_cursor_init(&cursor, table + CERTIFICATE_HEADER, length - CERTIFICATE_HEADER);
            if (!read_content_info(&cursor, signature, 0))
                return FALSE;
        }
        step = MIN(((uint64_t)length + 7) & ~(uint64_t)7, size);
        table += step;
        size -= step;
    }
    return TRUE;
}

gboolean pe_signature_read(GBytes *file, PeSignature *ret_signature, GError **error)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    PeSignature signature = {.signer = PE_SIGNER_NONE};
    uint32_t offset, table_size;

    if (!find_certificates(data, size, &signature, &offset, &table_size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "no valid Windows program (PE) file");
        return FALSE;
    }
    if (!read_table(data + offset, table_size, &signature)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the embedded signature is damaged");
        return FALSE;
    }
    *ret_signature = signature;
    return TRUE;
}

gboolean pe_signature_read_catalog(GBytes *file, PeSignature *ret_signature, GError **error)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    PeSignature signature = {.signer = PE_SIGNER_NONE};
    DerCursor cursor;

    der_cursor_init(&cursor, data, size);
    if (!read_content_info(&cursor, &signature, 0)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "no valid security catalogue");
        return FALSE;
    }
    *ret_signature = signature;
    return TRUE;
}
