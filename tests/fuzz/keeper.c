/* link: base keeper/message keeper */
/* The keeper's core: a request of any operation that is right but for some bytes, or of any bytes.
 * It answers every one, with a status of the list; it releases to a party only what it may have.
 * Packets of other lengths, versions and operations are no requests. */
#include "fuzz.h"
#include "../contact/world.h"

#include <sys/socket.h>

enum { UNMATCHED = KEEPER_OPS, TEMPLATES };
static const struct keeper_rules rules = {.tick_s = 10, .unlocks_per_day = 100, .profile_days = 90};
static struct world w;
static struct who a, b, c;
static struct keeper_request templates[TEMPLATES];

static void keep(int at)
{
	templates[at] = world_request;
}

/* A request of each operation as it is; A and B have matched, C has unlocked A in vain. */
static void prepare(void)
{
	struct keeper_answer_labels labels;
	char code[KEEPER_CODE_TYPED];
	world_make_keys();
	w.now = WORLD_START;
	world_restart(&rules, w.now);
	world_enrol(&w, &a, "A");
	world_enrol(&w, &b, "B");
	keep(KEEPER_SHOW);
	world_enrol(&w, &c, "C");
	must(world_enrol_again(&w, &c, false) == KEEPER_OK);
	keep(KEEPER_ENROL);
	must(world_session(&w, &a) == KEEPER_OK);
	keep(KEEPER_SESSION);
	must(world_unlock(&w, &c, &a) == KEEPER_OK);
	must(world_unlock(&w, &a, &b) == KEEPER_OK && world_unlock(&w, &b, &a) == KEEPER_OK);
	w.now += 10;
	must(world_unlock(&w, &a, &b) == KEEPER_OK);
	keep(KEEPER_UNLOCK);
	must(world_labels(&w, KEEPER_RELEASE, &a, b.id, &labels) == KEEPER_OK);
	keep(KEEPER_LABELS);
	must(world_own(&w, KEEPER_SELF, &a) == KEEPER_OK);
	keep(KEEPER_SELF);
	must(world_own(&w, KEEPER_NOTES, &a) == KEEPER_OK);
	keep(KEEPER_NOTES);
	must(world_matches(&w, &a) == KEEPER_OK);
	keep(KEEPER_MATCHES);
	must(world_compare(&w, KEEPER_REPORT, &a, &b) == KEEPER_OK);
	keep(KEEPER_REPORT);
	must(world_new_contact(&w, &a, "A") == KEEPER_OK);
	keep(KEEPER_CONTACT_CHANGE);
	must(world_new_profile(&w, &a, "A") == KEEPER_OK);
	keep(KEEPER_PROFILE_CHANGE);
	must(world_hide(&w, &c, false) == KEEPER_OK);
	keep(KEEPER_HIDE);
	must(world_release(&w, &c, &a) == KEEPER_NOT_MATCHED);
	keep(UNMATCHED);
	must(world_release(&w, &a, &b) == KEEPER_OK);
	keep(KEEPER_RELEASE);
	struct world before = w;
	must(world_withdraw(&w, &a, &b) == KEEPER_OK);
	keep(KEEPER_WITHDRAW);
	w = before;
	world_code(&w, code);
	must(world_new_code(&w, &a, code) == KEEPER_OK);
	keep(KEEPER_NEW_CODE);
	w = before;
	must(world_erase(&w, &a) == KEEPER_OK);
	keep(KEEPER_ERASE);
	w = before;
	templates[KEEPER_INFO].op = KEEPER_INFO;
	templates[KEEPER_CODE].op = KEEPER_CODE;
	world_add_period();
	world_restart(&rules, w.now);
	world_rewrap(&w);
	templates[KEEPER_REWRAP_UNLOCKS] = world_request;
	templates[KEEPER_REWRAP_PARTIES] = world_request;
	templates[KEEPER_REWRAP_PARTIES].op = KEEPER_REWRAP_PARTIES;
	memcpy(templates[KEEPER_REWRAP_PARTIES].parties.rows, before.party, sizeof(before.party));
	/* Back to the keys and the boot key of the tickets is not possible: signed in again. */
	world_keys.period[0] = world_keys.period[1];
	world_keys.period[1] = (struct keeper_period_key){0};
}

/* The tickets of the templates are of a keeper that has ended: they get new ones. */
static void renew(void)
{
	static const struct {
		int op;
		size_t at;
	} tickets[] = {
	    {KEEPER_SELF, offsetof(struct keeper_request, party.ticket)},
	    {KEEPER_NOTES, offsetof(struct keeper_request, party.ticket)},
	    {KEEPER_LABELS, offsetof(struct keeper_request, labels.ticket)},
	    {KEEPER_UNLOCK, offsetof(struct keeper_request, unlock.ticket)},
	    {KEEPER_WITHDRAW, offsetof(struct keeper_request, unlock.ticket)},
	    {KEEPER_MATCHES, offsetof(struct keeper_request, matches.ticket)},
	    {KEEPER_RELEASE, offsetof(struct keeper_request, release.ticket)},
	    {KEEPER_REPORT, offsetof(struct keeper_request, release.ticket)},
	    {KEEPER_CONTACT_CHANGE, offsetof(struct keeper_request, contact.ticket)},
	    {KEEPER_PROFILE_CHANGE, offsetof(struct keeper_request, profile.ticket)},
	    {KEEPER_NEW_CODE, offsetof(struct keeper_request, new_code.ticket)},
	    {KEEPER_ERASE, offsetof(struct keeper_request, erase.ticket)},
	};
	world_request = templates[KEEPER_SESSION];
	must(world_ask(&w) == KEEPER_OK);
	for (size_t n = 0; n < COUNT_OF(tickets); n++)
		memcpy((char *)&templates[tickets[n].op] + tickets[n].at,
		       world_answer.session.ticket, KEEPER_TICKET);
	struct keeper_request_session *s = &world_begin(KEEPER_SESSION)->session;
	memcpy(s->code, c.code, sizeof(s->code));
	s->party = templates[UNMATCHED].release.party;
	must(world_ask(&w) == KEEPER_OK);
	memcpy(templates[UNMATCHED].release.ticket, world_answer.session.ticket, KEEPER_TICKET);
	/* They are right as they are, else the bytes that are changed show nothing. */
	for (int at = KEEPER_INFO; at < KEEPER_OPS; at++) {
		world_request = templates[at];
		must(world_ask(&w) == KEEPER_OK);
	}
}

/* A packet as the other end of the socket may send it: some bytes too many or too few, another
 * header. */
static void receive(const struct keeper_request *right, const uint8_t *data, size_t size)
{
	static struct {
		struct keeper_request r;
		uint8_t more[128];
	} packet;
	static struct keeper_request got;
	static int wire[2];
	struct err err;
	if (!wire[1])
		must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, wire) == 0);
	packet.r = *right;
	packet.r.version = KEEPER_VERSION;
	size_t header = offsetof(struct keeper_request, empty), n = size > 1 ? size - 1 : 0;
	memcpy(&packet.r, data + 1, n < header ? n : header);
	size_t bytes = keeper_request_bytes(right->op) + (size ? data[0] % 128u : 0);
	bytes = size && data[0] & 128 ? 1 + bytes % (2 * header) : bytes;
	must(send(wire[0], &packet, bytes, 0) == (ssize_t)bytes);
	bool is = bytes >= header && packet.r.version == KEEPER_VERSION &&
		  keeper_request_bytes(packet.r.op) == bytes;
	must((keeper_receive_request(wire[1], &got, &err) == OK) == is);
	fuzz_accept(is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool prepared;
	if (!prepared) {
		prepare();
		world_restart(&rules, w.now);
		renew();
		prepared = true;
	}
	if (size < 2)
		return 0;
	int at = data[0] % (TEMPLATES - 1) + 1;
	struct keeper_request *r = &world_request;
	*r = templates[at];
	size_t n = keeper_request_bytes(r->op), header = offsetof(struct keeper_request, empty);
	uint8_t *bytes = (uint8_t *)r + header;
	n -= header;
	if (data[1] & 2) {
		receive(r, data + 2, size - 2);
		return 0;
	}
	if (data[1] & 1) {
		/* from any place on, the bytes of the input */
		size_t from = size > 3 ? (size_t)(data[2] | data[3] << 8) % n : 0;
		size_t count = size > 4 ? size - 4 : 0;
		if (count)
			memcpy(bytes + from, data + 4, count < n - from ? count : n - from);
	} else {
		/* single bytes: place, place, value */
		for (size_t i = 2; i + 2 < size; i += 3)
			bytes[(size_t)(data[i] | data[i + 1] << 8) % n] ^= data[i + 2];
	}
	enum keeper_status status = world_ask(&w);
	must(status < KEEPER_STATUSES);
	fuzz_accept(status == KEEPER_OK);
	if (r->op != KEEPER_RELEASE)
		return 0;
	must(at != UNMATCHED || status != KEEPER_OK);
	must(status != KEEPER_OK ||
	     memcmp(world_answer.release.contact, b.contact, KEEPER_CONTACT) == 0);
	return 0;
}
