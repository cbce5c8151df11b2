/* The contact sphere's HTTP side: parties enrol, unlock one another, and read the contact of whom
 * they have matched with. API and pages without script and without cookie, on a host of their own.
 *
 * Hides: the order of an operation (docs/contact-sphere.md), rows and labels, the canonical form of
 * a profile, the check that a profile fits enough businesses, the pages. Has no key: what is secret
 * is sealed and opened by the keeper at the other end of keeper_fd (keeper/message/message.h), and
 * passes through here only for the party that it belongs to. Every buffer that held it is
 * overwritten.
 *
 * Operations are carried out one after another: nothing changes between what one of them reads and
 * writes. Each sends the same statements whatever it finds, and its answer has one size and leaves
 * at a multiple of a tenth of a second, so that neither tells what the caller may not know.
 */
#ifndef CONTACT_CONTACT_H
#define CONTACT_CONTACT_H

#include "config/config.h"

struct contact;
struct event_base;

struct contact_options {
	struct event_base *loop;
	int listen_fd;
	int keeper_fd; /* SOCK_SEQPACKET; stays the caller's */
	const struct config *config;
	const char *sphere;    /* conninfo of the contact database */
	const char *directory; /* conninfo of the directory's, as the role profile */
};

/* A template that is wrong ends the program. */
struct contact *contact_create(const struct contact_options *options);
void contact_drain(struct contact *contact, void (*done)(void *ctx), void *ctx);
void contact_destroy(struct contact *contact);

#endif
