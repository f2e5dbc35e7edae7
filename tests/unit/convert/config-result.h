/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader of configurations makes of a text. */
#ifndef TESTS_UNIT_CONVERT_CONFIG_RESULT_H
#define TESTS_UNIT_CONVERT_CONFIG_RESULT_H

#include "convert/source_config.h"

typedef struct {
    GPtrArray *machines, *findings;
    GError *error;
} ConfigResult;

/* A failure has an error and no machine, a success one machine. */
ConfigResult config_result_read(const SourceConfigOps *config, const char *text);
void config_result_clear(ConfigResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ConfigResult, config_result_clear)

/* There has to be one. */
const Machine *config_result_machine(const ConfigResult *result);

/* The codes, ", " between them. */
char *config_result_describe_findings(const ConfigResult *result);

#endif
