#include "app/quickstart.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "net/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_RANDOM_BYTES = 24, OLLAMA_PORT = 11434, OLLAMA_WAIT_MS = 150, PATH_BYTES = 4096 };
static const char key_prefix[] = "sl-quick-";

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

static bool answers_locally(uint16_t port)
{
    struct sl_addr addr;
    int fd;
    if (sl_addr_from_ip(SL_STR("127.0.0.1"), port, &addr) != SL_OK ||
        sl_sock_connect(&addr, &fd) != SL_OK)
        return false;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t n = sizeof(error);
    bool is_open = poll(&p, 1, OLLAMA_WAIT_MS) == 1 &&
                   getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
    close(fd);
    return is_open;
}

static bool read_key(const char *path, struct sl_quickstart *q)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, q->key, sizeof(q->key) - 1);
    close(fd);
    if (n <= 0)
        return false;
    q->key[n] = '\0';
    q->key[strcspn(q->key, "\r\n")] = '\0';
    return strncmp(q->key, key_prefix, sizeof(key_prefix) - 1) == 0;
}

static void make_key(struct sl_quickstart *q)
{
    uint8_t random[KEY_RANDOM_BYTES];
    struct sl_strbuf b = {0};
    sl_rand_os(random, sizeof(random));
    sl_strbuf_add(&b, sl_cstr(key_prefix));
    sl_enc_base64url(&b, (sl_str){(const char *)random, sizeof(random)});
    snprintf(q->key, sizeof(q->key), "%.*s", SL_STRF(sl_strbuf_str(&b)));
    sl_strbuf_fini(&b);
}

static bool write_key(const char *path, const struct sl_quickstart *q)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    size_t n = strlen(q->key);
    bool is_whole = write(fd, q->key, n) == (ssize_t)n && fsync(fd) == 0;
    close(fd);
    return is_whole;
}

sl_rc sl_quickstart_prepare(struct sl_quickstart *q, sl_str *ret_why, struct sl_arena *a)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%.*s/quickstart.key", SL_STRF(q->data_dir));
    sl_str dir = sl_arena_dup(a, q->data_dir);
    if (n < 0 || (size_t)n >= sizeof(path) || (mkdir(dir.p, 0700) != 0 && errno != EEXIST)) {
        *ret_why = sl_fmt(a, "cannot make the directory '%s': %s", dir.p, strerror(errno));
        return SL_E_IO;
    }
    if (!read_key(path, q)) {
        make_key(q);
        if (!write_key(path, q)) {
            *ret_why = sl_fmt(a, "cannot write '%s': %s", path, strerror(errno));
            return SL_E_IO;
        }
    }
    q->has_openai = is_set("OPENAI_API_KEY");
    q->has_anthropic = is_set("ANTHROPIC_API_KEY");
    q->has_ollama = answers_locally(OLLAMA_PORT);
    return SL_OK;
}

static const char head[] =
    "# The configuration of `sluice serve --quickstart`. Save it, change it, and run: sluice serve FILE\n"
    "gateway:\n"
    "  listeners:\n"
    "    - address: \"127.0.0.1:%u\"\n"
    "  data_dir: \"%.*s\"\n"
    "services:\n"
    "  - name: ai\n"
    "    kind: ai\n"
    "    policies:\n"
    "      - type: key_auth\n"
    "      - type: rate_limit\n"
    "        limit: 600\n"
    "        window: 1m\n"
    "  - name: hello\n"
    "    url: http://127.0.0.1:%u\n"
    "    path: /hello/*\n"
    "    policies:\n"
    "      - type: key_auth\n"
    "  # Prompts as operations of their own; described at /prompts/openapi.json.\n"
    "  - name: prompts\n"
    "    kind: prompt\n"
    "    prefix: /prompts\n"
    "    prompts: [summarize]\n"
    "    policies:\n"
    "      - type: key_auth\n"
    "prompts:\n"
    "  - name: summarize\n"
    "    model: demo\n"
    "    system: You summarize texts in one sentence.\n"
    "    template: \"Summarize for {{reader}}: {{text}}\"\n"
    "    variables:\n"
    "      - name: text\n"
    "        max: 20000\n"
    "      - name: reader\n"
    "        default: everybody\n"
    "    output:\n"
    "      member: summary\n"
    "    stream: true\n"
    "consumers:\n"
    "  - name: quickstart\n"
    "    keys:\n"
    "      - name: first\n"
    "        key: \"${file:%.*s/quickstart.key}\"\n"
    "accounts:\n"
    "  # A vendor inside this program, so that everything can be tried without keys.\n"
    "  - name: demo\n"
    "    vendor: demo\n"
    "    base_url: http://127.0.0.1:%u/v1\n";

static const char openai[] = "  - name: openai\n"
                             "    vendor: openai\n"
                             "    keys:\n"
                             "      - key: \"${env:OPENAI_API_KEY}\"\n";

static const char anthropic[] = "  - name: anthropic\n"
                                "    vendor: anthropic\n"
                                "    keys:\n"
                                "      - key: \"${env:ANTHROPIC_API_KEY}\"\n";

static const char ollama[] = "  - name: ollama\n"
                             "    vendor: ollama\n";

static const char models[] = "models:\n"
                             "  - name: demo\n"
                             "    targets:\n"
                             "      - account: demo\n"
                             "        model: demo\n"
                             "prices:\n"
                             "  - vendor: demo\n"
                             "    model: demo\n"
                             "    input: \"0.50\"\n"
                             "    output: \"1.50\"\n";

void sl_quickstart_config(const struct sl_quickstart *q, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, head, q->port, SL_STRF(q->data_dir), q->demo_port, SL_STRF(q->data_dir),
                   q->demo_port);
    if (q->has_openai)
        sl_strbuf_add(out, sl_cstr(openai));
    if (q->has_anthropic)
        sl_strbuf_add(out, sl_cstr(anthropic));
    if (q->has_ollama)
        sl_strbuf_add(out, sl_cstr(ollama));
    sl_strbuf_add(out, sl_cstr(models));
}

static void greet_vendors(const struct sl_quickstart *q, struct sl_strbuf *out)
{
    if (q->has_openai)
        sl_strbuf_add(
            out, SL_STR("  OPENAI_API_KEY is set: models such as \"gpt-4o-mini\" work too.\n"));
    if (q->has_anthropic)
        sl_strbuf_add(
            out,
            SL_STR("  ANTHROPIC_API_KEY is set: models such as \"claude-sonnet-4-5\" work too.\n"));
    if (q->has_ollama)
        sl_strbuf_add(
            out, SL_STR("  Ollama answers on this machine: its models work as \"ollama/NAME\".\n"));
    if (!q->has_openai && !q->has_anthropic && !q->has_ollama)
        sl_strbuf_add(
            out,
            SL_STR(
                "  Set OPENAI_API_KEY or ANTHROPIC_API_KEY before `make run` to reach real models.\n"));
}

void sl_quickstart_greeting(const struct sl_quickstart *q, const char *program,
                            struct sl_strbuf *out)
{
    sl_strbuf_addf(
        out,
        "\nSluice is ready on http://127.0.0.1:%u\n\n"
        "1. A chat completion, streamed, from the built-in DEMO vendor (not a real model):\n\n"
        "   curl -N http://127.0.0.1:%u/v1/chat/completions -H 'Authorization: Bearer %s' \\\n"
        "     -H 'Content-Type: application/json' \\\n"
        "     -d '{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n\n"
        "2. A REST call through the demo service:\n\n"
        "   curl http://127.0.0.1:%u/hello/world -H 'Authorization: Bearer %s'\n\n"
        "3. What both used and cost:\n\n"
        "   %s usage --data-dir %.*s\n\n"
        "4. A prompt as a REST operation, described at /prompts/openapi.json:\n\n"
        "   curl http://127.0.0.1:%u/prompts/summarize -H 'Authorization: Bearer %s' \\\n"
        "     -H 'Content-Type: application/json' -d '{\"text\":\"A long story.\"}'\n\n",
        q->port, q->port, q->key, q->port, q->key, program, SL_STRF(q->data_dir), q->port, q->key);
    greet_vendors(q, out);
    sl_strbuf_addf(out,
                   "  This configuration as a file to build on: %s example\n"
                   "  Metrics: http://127.0.0.1:9080/metrics   Stop: Ctrl-C\n\n",
                   program);
}
