/**
 * list: intrusive doubly linked list. A zeroed link is "not in a list"; sl_list_remove accepts it.
 * The head is a link of its own: sl_list_init() it before use.
 */
#pragma once
#include "base/base.h"

struct sl_link {
    struct sl_link *next, *prev;
};

static inline void sl_list_init(struct sl_link *head)
{
    head->next = head->prev = head;
}

static inline bool sl_list_is_empty(const struct sl_link *head)
{
    return head->next == head || head->next == NULL;
}

static inline bool sl_list_is_linked(const struct sl_link *link)
{
    return link->next != NULL;
}

static inline void sl_list_add_before(struct sl_link *at, struct sl_link *link)
{
    link->next = at;
    link->prev = at->prev;
    at->prev->next = link;
    at->prev = link;
}

static inline void sl_list_push_back(struct sl_link *head, struct sl_link *link)
{
    sl_list_add_before(head, link);
}

static inline void sl_list_push_front(struct sl_link *head, struct sl_link *link)
{
    sl_list_add_before(head->next, link);
}

static inline void sl_list_remove(struct sl_link *link)
{
    if (link->next == NULL)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = NULL;
}

/** The oldest link, taken out; NULL when the list is empty. */
static inline struct sl_link *sl_list_pop_front(struct sl_link *head)
{
    struct sl_link *link = head->next;
    if (link == head || link == NULL)
        return NULL;
    sl_list_remove(link);
    return link;
}
