/**
 * wire: what both ends of an HTTP/1 connection need, server and client: reading into the worker's
 * shared chunk, keeping bytes that came too early, and framing and sending a body from its pipe.
 */
#pragma once
#include "codec/h1.h"
#include "net/pipe.h"
#include "net/stream.h"

enum {
    SL_WIRE_READ_MIN_BYTES = 4096,    /* room that a read is given at least */
    SL_WIRE_COMPACT_BYTES = 4096,     /* smaller slices are copied behind others that wait */
    SL_WIRE_BATCH_BYTES = 256 * 1024, /* of a body, framed and written at once */
    SL_WIRE_BATCHES_PER_RUN = 2,      /* then other tasks have their turn */
    SL_WIRE_READS_PER_RUN = 8,
};

/** Read once. OK: *ret is what came, a slice of *ret_chunk, which is borrowed until the next read. */
enum sl_io sl_wire_read(struct sl_stream *s, struct sl_chunk_pool *pool,
                        struct sl_chunk **ret_chunk, sl_str *ret);
/** Read once, behind what is in `c`, which has room. */
enum sl_io sl_wire_read_into(struct sl_stream *s, struct sl_chunk *c, sl_str *ret);

/**
 * Push what was read: by reference, unless it is small and finds others waiting in the pipe. So a slow
 * stream of small events pins few chunks: a pipe with limit L holds at most about
 * L / SL_WIRE_COMPACT_BYTES of them. `c` may be NULL (copy).
 */
void sl_wire_push(struct sl_pipe *p, struct sl_chunk *c, sl_str bytes);

/** Bytes that came before they can be used: a head's beginning, pipelined requests. Zeroed: empty, no memory. */
struct sl_backlog {
    struct sl_strbuf text;
    size_t at;      /* taken before here */
    size_t scanned; /* by sl_h1_head_end, from `at` on */
};

static inline sl_str sl_backlog_str(const struct sl_backlog *b)
{
    return (sl_str){b->text.p + b->at, b->text.n - b->at};
}

static inline bool sl_backlog_is_empty(const struct sl_backlog *b)
{
    return b->at == b->text.n;
}

void sl_backlog_add(struct sl_backlog *b, sl_str bytes);
/** Drop `n` bytes from the front; the last ones give the memory back. */
void sl_backlog_take(struct sl_backlog *b, size_t n);
void sl_backlog_fini(struct sl_backlog *b);

/** One message on its way out: head bytes put into `queue` by the caller, then the body from its pipe. */
struct sl_wire_out {
    struct sl_chain queue;  /* framed, not yet given to the kernel */
    struct sl_pipe *body;   /* NULL: none */
    struct sl_arena *arena; /* for trailers; NULL: they are not sent */
    enum sl_body_kind kind; /* CLOSE: as it is */
    bool is_started;        /* the body may flow (the head is in the queue or gone) */
    bool is_complete;       /* its end is framed */
    bool is_blocked;        /* the kernel takes no more: cleared by the caller on SL_WHY_WRITE */
    bool has_batch;         /* body bytes are in the queue */
    uint64_t left_bytes;    /* LENGTH: still to come */
    uint64_t done_bytes;    /* of the body, in earlier batches */
    size_t batch_bytes, batch_tail_bytes; /* body and framing behind it in the queue */
    char size_line[20];
};

/**
 * Put a byte of a chunked body into the queue that changes nothing, the first of a chunk size's leading
 * zeros: for a peer that may be gone, who answers it with a reset. Where no byte can be told before the
 * body's next one there is none.
 */
void sl_wire_out_probe(struct sl_wire_out *o);

enum sl_flush {
    SL_FLUSH_IDLE,     /* all that is there went out */
    SL_FLUSH_WAIT,     /* for the kernel */
    SL_FLUSH_YIELD,    /* there is more; let others run first */
    SL_FLUSH_COMPLETE, /* the whole message went out */
    SL_FLUSH_BROKEN,   /* the body broke, or its length is not what was announced: *ret_rc */
    SL_FLUSH_ERROR,    /* the socket failed */
};

void sl_wire_out_init(struct sl_wire_out *o, struct sl_chunk_pool *pool);
void sl_wire_out_fini(struct sl_wire_out *o);
/** No message: the queue alone (interim responses) goes out. */
void sl_wire_out_reset(struct sl_wire_out *o);
/** A new message behind what waits in the queue. */
void sl_wire_out_start(struct sl_wire_out *o, enum sl_body_kind kind, uint64_t body_bytes,
                       struct sl_pipe *body);
/** Frame and write what is there, as much as possible at once. */
enum sl_flush sl_wire_flush(struct sl_wire_out *o, struct sl_stream *s, sl_rc *ret_rc);
/** Bytes of the body, without framing, that the kernel has taken. */
uint64_t sl_wire_sent(const struct sl_wire_out *o);

/**
 * A deadline that moves with every read: the timer is started only when it would be late, and whoever
 * it wakes looks at the clock again. 0: none.
 */
void sl_wire_set_deadline(struct sl_loop *l, struct sl_timer *timer, struct sl_task *task,
                          sl_usec due_us);
