/* mailbox.h - letters from any thread to one reader, who sleeps on a file descriptor. */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

/* The first member of whatever is sent. */
struct letter {
    struct letter *next;
};
struct mailbox;

int mailbox_new(struct mailbox **ret);
/* After the last mailbox_post() has returned (join the senders first); letters still in it stay their senders'. NULL is
 * fine; returns NULL. */
struct mailbox *mailbox_free(struct mailbox *m);
/* Any thread; never blocks, never fails; the letter belongs to the reader from now on. */
void mailbox_post(struct mailbox *m, struct letter *l);
/* Reader: all letters, oldest first, linked by next; NULL when empty. Clears the fd. */
struct letter *mailbox_take(struct mailbox *m);
/* Reader: readable (POLLIN) while letters wait. Owned by the mailbox. */
int mailbox_fd(const struct mailbox *m);

#endif
