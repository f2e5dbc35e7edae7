/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request, by libcurl (curl.se/libcurl/c/). */
#include "migrate/batch/hook_http.h"

#include <curl/curl.h>
#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"

enum {
    ANSWER_SHOWN_BYTES = 200, /* of a refusal, in the message */
    ANSWER_LIMIT_BYTES = 1 << 20,
    CONNECT_SECONDS = 30,
};

/* "host/path", without user, password and query. */
static char *show_url(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    return uri ? g_strdup_printf("%s://%s%s", g_uri_get_scheme(uri),
                                 g_uri_get_host(uri) ? g_uri_get_host(uri) : "",
                                 g_uri_get_path(uri))
               : g_strdup("the address");
}

typedef struct {
    GString *begin; /* of the answer */
    size_t length;
} Answer;

static size_t take_answer(char *bytes, size_t size, size_t count, void *data)
{
    Answer *answer = data;
    const size_t length = size * count; /* libcurl: size is always 1 */
    answer->length += length;
    if (answer->length > ANSWER_LIMIT_BYTES)
        return 0; /* ends the transfer */
    if (answer->begin->len < ANSWER_SHOWN_BYTES)
        g_string_append_len(answer->begin, bytes,
                            (gssize)MIN(length, ANSWER_SHOWN_BYTES - answer->begin->len));
    return length;
}

/* Called about once a second; not 0 ends the transfer. */
static int check_interrupt(G_GNUC_UNUSED void *data, G_GNUC_UNUSED curl_off_t download_total,
                           G_GNUC_UNUSED curl_off_t downloaded,
                           G_GNUC_UNUSED curl_off_t upload_total, G_GNUC_UNUSED curl_off_t uploaded)
{
    return interrupt_check(NULL) ? 0 : 1;
}

/* A line break in one would begin another header. */
static gboolean add_header(struct curl_slist **headers, const char *header, GError **error)
{
    const char *equals = strchr(header, '=');
    if (!equals || equals == header || strpbrk(header, "\r\n") ||
        memchr(header, ':', (size_t)(equals - header))) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give each header a name and one line",
                          "a header of the hook cannot be sent");
        return FALSE;
    }
    g_autofree char *name = g_strndup(header, (gsize)(equals - header));
    /* "Name;" is how libcurl sends one without a value. */
    g_autofree char *line =
        equals[1] ? g_strdup_printf("%s: %s", name, equals + 1) : g_strconcat(name, ";", NULL);
    *headers = curl_slist_append(*headers, line);
    return TRUE;
}

static gboolean make_headers(const HookRequest *request, struct curl_slist **ret_headers,
                             GError **error)
{
    gboolean has_type = FALSE;
    for (guint i = 0; request->headers && request->headers[i]; i++) {
        has_type = has_type || g_ascii_strncasecmp(request->headers[i], "content-type=", 13) == 0;
        if (!add_header(ret_headers, request->headers[i], error))
            return FALSE;
    }
    return has_type || !request->body ||
           add_header(ret_headers, "Content-Type=application/json", error);
}

static void set_options(CURL *curl, const HookRequest *request, const struct curl_slist *headers,
                        Answer *answer, char *message)
{
    const char *method = request->method ? request->method : "POST";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "drydock/" DRYDOCK_VERSION);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->timeout_seconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check_interrupt);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (request->body)
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body);
    else if (g_str_equal(method, "POST"))
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, "");
    else if (g_str_equal(method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (!g_str_equal(method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static gboolean judge(CURL *curl, CURLcode code, const HookRequest *request, const Answer *answer,
                      const char *message, GError **error)
{
    g_autofree char *url = show_url(request->url);
    long status = 0;
    if (!interrupt_check(error))
        return FALSE;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "%s did not answer within %u seconds",
                          url, request->timeout_seconds);
        return FALSE;
    }
    if (code != CURLE_OK) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "cannot reach %s: %s", url,
                          *message ? message : curl_easy_strerror(code));
        return FALSE;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return TRUE;
    g_autofree char *begin = g_utf8_make_valid(answer->begin->str, (gssize)answer->begin->len);
    g_strdelimit(begin, "\r\n\t", ' ');
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "%s answered with status %ld%s%s", url,
                      status, *begin ? ": " : "", g_strstrip(begin));
    return FALSE;
}

gboolean hook_http_send(const HookRequest *request, GError **error)
{
    struct curl_slist *headers = NULL;
    char message[CURL_ERROR_SIZE] = "";
    g_autoptr(GString) begin = g_string_new(NULL);
    Answer answer = {.begin = begin};
    if (!make_headers(request, &headers, error)) {
        curl_slist_free_all(headers);
        return FALSE;
    }
    CURL *curl = curl_easy_init();
    if (!curl) {
        curl_slist_free_all(headers);
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "libcurl does not start");
        return FALSE;
    }
    set_options(curl, request, headers, &answer, message);
    CURLcode code = curl_easy_perform(curl);
    gboolean ok = judge(curl, code, request, &answer, message, error);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return ok;
}
