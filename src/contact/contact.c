/* The server, the queue of operations, and what there is once in the process. */
#include "contact/internal.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "process/process.h"

#define TEXT_OF(x)    #x
#define VERSION_OF(x) TEXT_OF(x)

enum {
	CONTACT_OPENAPI_BYTES = 1 << 20,
	CONTACT_BODY_BYTES = 32768,
	CONTACT_REQUESTS_PER_CONNECTION = 1000,
	CONTACT_DRAIN_MS = 10000,
	CONTACT_DB_CONNECTIONS = 1, /* operations are carried out one after another */
	CONTACT_DB_QUEUE = 8,
};

/* No scripts, nothing from other hosts, no copy in any cache, no Referer. */
static const char contact_headers[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

static struct db_pool *contact_pool(const struct contact_options *o, const char *conninfo)
{
	return db_pool_create(o->loop,
			      &(struct db_pool_options){
				  .conninfo = conninfo,
				  .program = "holdfast-contact",
				  .connections = CONTACT_DB_CONNECTIONS,
				  .queue = CONTACT_DB_QUEUE,
				  .timeout_ms = config_number(o->config, CONFIG_DB_TIMEOUT),
			      });
}

static void contact_create_server(struct contact *contact, int listen_fd)
{
	const struct config *c = contact->config;
	const struct http_group groups[] = {
	    {contact_routes, contact_schemas, contact, NULL},
	    {contact_page_routes, NULL, contact, NULL},
	    {0},
	};
	struct network_list proxies;
	_Static_assert(sizeof(groups) == sizeof(contact->groups), "a place for each group");
	memcpy(contact->groups, groups, sizeof(groups));
	buf_init(&contact->openapi, CONTACT_OPENAPI_BYTES);
	http_openapi(
	    &contact->openapi, contact->groups, "Contact sphere", VERSION_OF(HOLDFAST_VERSION),
	    "Parties publish anonymous profiles, unlock one another, and read the contact of whom they have matched with. A contact of somebody else is in the answer of release only (x-contact-of).");
	must(!buf_failed(&contact->openapi));
	must(network_list_parse(str_of(config_text(c, CONFIG_WEB_TRUSTED_PROXIES)), &proxies));
	contact->http = http_server_create(&(struct http_server_options){
	    .loop = contact->loop,
	    .listen_fd = listen_fd,
	    .limits = {.header_bytes = (size_t)config_number(c, CONFIG_HTTP_HEADER_BYTES),
		       .body_bytes = CONTACT_BODY_BYTES,
		       .connections = process_connections(c),
		       .connections_per_address =
			   (int)config_number(c, CONFIG_HTTP_CONNECTIONS_PER_ADDRESS),
		       .requests_per_connection = CONTACT_REQUESTS_PER_CONNECTION,
		       .header_timeout_ms = config_number(c, CONFIG_HTTP_HEADER_TIMEOUT),
		       .body_timeout_ms = config_number(c, CONFIG_HTTP_BODY_TIMEOUT),
		       .idle_timeout_ms = config_number(c, CONFIG_HTTP_IDLE_TIMEOUT),
		       .write_timeout_ms = config_number(c, CONFIG_HTTP_WRITE_TIMEOUT)},
	    .groups = contact->groups,
	    .trusted_proxies = proxies,
	    .client_from = (enum http_client_from)config_number(c, CONFIG_WEB_CLIENT_ADDRESS),
	    .headers = contact_headers,
	    .error_page = contact_page_error,
	    .error_page_ctx = contact,
	    .wipe = true,
	});
}

struct contact *contact_create(const struct contact_options *options)
{
	struct err err;
	struct contact *contact = memory_alloc(sizeof(*contact));
	contact->loop = options->loop;
	contact->config = options->config;
	contact->sphere = contact_pool(options, options->sphere);
	contact->directory = contact_pool(options, options->directory);
	contact->link = link_create(options->loop, options->keeper_fd);
	if (contact_pages_create(contact->config, &contact->pages, &err) != OK)
		die("%s", err.text);
	contact->duties = duties_create(contact);
	contact_create_server(contact, options->listen_fd);
	exchange_next(contact);
	return contact;
}

void contact_drain(struct contact *contact, void (*done)(void *ctx), void *ctx)
{
	http_server_drain(contact->http, CONTACT_DRAIN_MS, done, ctx);
}

void contact_destroy(struct contact *contact)
{
	/* Requests hold calls, which hold queries. */
	db_pool_destroy(contact->sphere);
	db_pool_destroy(contact->directory);
	http_server_destroy(contact->http);
	duties_free(contact->duties);
	link_free(contact->link);
	contact_pages_free(contact->pages);
	buf_release(&contact->openapi);
	free(contact);
}
