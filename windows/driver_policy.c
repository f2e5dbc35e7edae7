/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel-mode signing rules by version (Microsoft: "Kernel-Mode Code Signing Policy"). */
#include "windows/driver_policy.h"

static const struct {
    InfArchitecture architecture;
    uint16_t machine;
} machine_table[] = {
    {INF_ARCHITECTURE_X86, 0x14c},
    {INF_ARCHITECTURE_AMD64, 0x8664},
    {INF_ARCHITECTURE_ARM64, 0xaa64},
};

/* 32-bit Windows and everything before Vista load what they are given. */
static gboolean signatures_are_enforced(const InfTarget *target)
{
    return target->architecture != INF_ARCHITECTURE_X86 && target->major >= 6;
}

gboolean driver_policy_accepts(const DriverTarget *target, const char *file_name,
                               const PeSignature *signature, char **ret_reason)
{
    const char *problem = NULL, *remark = "";

    if (!signatures_are_enforced(&target->inf)) {
        if (signature->signer == PE_SIGNER_NONE || signature->signer == PE_SIGNER_TEST)
            remark = ", which this Windows does not insist on";
    } else if (signature->signer == PE_SIGNER_NONE ||
               (signature->signer == PE_SIGNER_TEST && !target->test_signing)) {
        problem = pe_signer_name(signature->signer);
    } else if (target->needs_sha1 && !signature->has_sha1) {
        problem = "signed with SHA-256 only, which this Windows does not know without KB3033929";
    } else if (signature->signer == PE_SIGNER_TEST) {
        remark = ", which its boot configuration allows";
    }
    if (ret_reason)
        *ret_reason = problem ? g_strdup_printf("%s is %s", file_name, problem)
                              : g_strdup_printf("%s is %s%s", file_name,
                                                pe_signer_name(signature->signer), remark);
    return !problem;
}

gboolean driver_policy_machine_fits(const DriverTarget *target, const PeSignature *signature)
{
    for (guint i = 0; i < G_N_ELEMENTS(machine_table); i++) {
        if (machine_table[i].architecture == target->inf.architecture)
            return machine_table[i].machine == signature->machine;
    }
    return FALSE;
}
