/* The operator's tokens. Wrong ones are counted for each client address, so that guessing is slow:
 * an address that gave too many is refused for a while, whatever it sends. */
#include "http/internal.h"

#include <string.h>

enum {
	AUTH_BURST = 10,        /* wrong tokens at once */
	AUTH_FORGET_MS = 10000, /* one is forgotten in this time */
};

/* The entry of an address. Of two that collide the later one takes it. */
static struct auth_failures *auth_slot(struct http_server *server, uint64_t key)
{
	struct auth_failures *slot = &server->auth[peers_hash(server, key) % AUTH_SLOTS];
	if (slot->key != key)
		*slot = (struct auth_failures){.key = key};
	return slot;
}

/* Until when the failures of an address are remembered: each adds AUTH_FORGET_MS. */
static int64_t auth_until(const struct auth_failures *slot, int64_t now_ms)
{
	return slot->until_ms > now_ms ? slot->until_ms : now_ms;
}

/* Compare in constant time: the same for every wrong token of a length. */
static bool auth_same(struct str given, struct str wanted)
{
	unsigned char differs = given.n != wanted.n;
	for (size_t i = 0; i < given.n; i++)
		differs |= (unsigned char)(given.p[i] ^ wanted.p[wanted.n ? i % wanted.n : 0]);
	return wanted.n > 0 && !differs;
}

/* "Bearer TOKEN"; the scheme in any case (RFC 9110 11.1). */
static bool auth_given(struct str header, struct str *token)
{
	struct str scheme = str_cut(&header, ' ');
	*token = header.p ? str_trim(header) : STR("");
	return header.p && str_eq_nocase(scheme, STR("bearer"));
}

bool http_authorize(struct http_request *request, const char *token)
{
	struct live_request *live = live_of(request);
	struct http_server *server = live->server;
	struct auth_failures *slot = auth_slot(server, live->client);
	struct str header = http_header(request, "authorization"), given;
	int64_t until = auth_until(slot, server->now_ms);
	int64_t over_ms = until - server->now_ms - (AUTH_BURST - 1) * AUTH_FORGET_MS;
	if (over_ms > 0) {
		request->retry_after_s = (int)((over_ms + 999) / 1000);
		http_problem(request, HTTP_PROBLEM_TOO_MANY_ATTEMPTS, NULL,
			     "this address has sent %d wrong tokens", AUTH_BURST);
		return false;
	}
	if (auth_given(header, &given) && auth_same(given, str_of(token)))
		return true;
	if (header.p)
		slot->until_ms = until + AUTH_FORGET_MS;
	request->answer_headers = "WWW-Authenticate: Bearer\r\n";
	http_problem(request, HTTP_PROBLEM_UNAUTHORIZED, NULL,
		     header.p ? "the operator's token is wrong"
			      : "the operator's token is missing");
	return false;
}
