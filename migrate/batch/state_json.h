/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's state as it is stored. Findings and changes are not: the machine's report has them.
 */
#ifndef MIGRATE_BATCH_STATE_JSON_H
#define MIGRATE_BATCH_STATE_JSON_H

#include "migrate/batch/result.h"

char *batch_result_to_json(const BatchResult *result, const char *digest);
/* NULL: text is none, or of another machine. */
BatchResult *batch_result_from_json(const char *id, const char *text, char **ret_digest,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
