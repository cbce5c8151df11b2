#include "cache/second.h"
#include "base/backoff.h"
#include "base/endpoint.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_FIRST_MS = 200, RETRY_MAX_MS = 10000, DEFAULT_PORT = 6379 };

#define VALUE_PREFIX "holdfast:value:"
#define LOCK_PREFIX  "holdfast:lock:"
#define CHANNEL      "holdfast:filled"

/* KEYS: value, lock. ARGV: token, value, milliseconds, channel, key. */
static const char script_put[] =
    "if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end\n"
    "redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]) redis.call('del', KEYS[2])\n"
    "redis.call('publish', ARGV[4], ARGV[5]) return 1";
/* KEYS: lock. ARGV: token, milliseconds. A lock is ours if its token begins with the name of our
 * machine. */
static const char script_lock[] =
    "local held = redis.call('get', KEYS[1])\n"
    "if held and string.sub(held, 1, 17) ~= string.sub(ARGV[1], 1, 17) then return 0 end\n"
    "redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2]) return 1";
/* KEYS: lock. ARGV: token, channel, key. */
static const char script_unlock[] =
    "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end\n"
    "redis.call('del', KEYS[1]) redis.call('publish', ARGV[2], ARGV[3]) return 1";

/* One of the two connections: one for requests, one for the channel. */
struct second_link {
	struct second *second;
	redisAsyncContext *redis; /* NULL: none */
	bool up;
	struct event *retry;
	uint64_t failures; /* in a row */
};

struct second {
	struct event_base *loop;
	char host[INET6_ADDRSTRLEN], path[108], password[256];
	int port, database;
	struct random random;
	struct second_link requests, news_link;
	second_news *news;
	void *ctx;
	bool closing;
};

struct second_request {
	struct second *second;
	second_done *done; /* NULL: cancelled */
	void *ctx;
	enum second_result (*read)(const redisReply *reply, struct str *value);
	struct event *timer;
};

/* ---- the address ---- */

static enum status parse_url(struct second *second, const char *url, struct err *err)
{
	static const char wants[] = "redis://[:PASSWORD@]ADDRESS[:PORT][/DB] or unix:PATH";
	struct str rest = str_of(url), address;
	int64_t number = 0;
	if (str_starts(rest, STR("unix:"))) {
		if (rest.n - 5 >= sizeof(second->path) || rest.n == 5)
			return err_set(err, INVALID,
				       "cache.redis_url: the path is empty or too long");
		memcpy(second->path, rest.p + 5, rest.n - 5);
		return OK;
	}
	if (str_starts(rest, STR("rediss:")))
		return err_set(
		    err, INVALID,
		    "cache.redis_url: TLS is not supported; use a tunnel or a private network");
	if (!str_starts(rest, STR("redis://")))
		return err_set(err, INVALID, "cache.redis_url is not %s", wants);
	rest = (struct str){rest.p + 8, rest.n - 8};
	const char *at = memrchr(rest.p, '@', rest.n);
	if (at) {
		struct str user = {rest.p, (size_t)(at - rest.p)};
		str_cut(&user, ':');
		if (!user.p || user.n >= sizeof(second->password))
			return err_set(err, INVALID, "cache.redis_url is not %s", wants);
		memcpy(second->password, user.p, user.n);
		rest = (struct str){at + 1, rest.n - (size_t)(at + 1 - rest.p)};
	}
	address = str_cut(&rest, '/');
	if (rest.p && rest.n && !str_to_i64(rest, 0, 1000000, &number))
		return err_set(err, INVALID, "cache.redis_url: the database is a number");
	second->database = (int)number;
	char text[ENDPOINT_TEXT];
	struct endpoint endpoint;
	struct str port = address, host = str_cut(&port, ':');
	if (str_eq(host, STR("localhost"))) {
		snprintf(text, sizeof(text), "127.0.0.1%.*s", (int)(address.n - host.n),
			 address.p + host.n);
		address = str_of(text);
	}
	if (!endpoint_parse(address, DEFAULT_PORT, &endpoint) || endpoint_port(&endpoint) == 0)
		return err_set(
		    err, INVALID,
		    "cache.redis_url: \"%.*s\" is no address with a port of 1 to 65535 (names are not resolved)",
		    STR_ARG(address));
	endpoint_host(&endpoint, second->host);
	second->port = endpoint_port(&endpoint);
	return OK;
}

/* ---- connections ---- */

static void connect_link(struct second_link *link);

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	connect_link(ctx);
}

static void link_lost(struct second_link *link, const char *why)
{
	if (link->up || link->failures == 0)
		log_warn("the cache's second tier is away; going on alone", LOG_S("error", why));
	link->up = false;
	link->redis = NULL;
	if (link->second->closing)
		return;
	int64_t wait = backoff_wait(RETRY_FIRST_MS, RETRY_MAX_MS, link->failures++,
				    random_next(&link->second->random));
	struct timeval t = {wait / 1000, wait % 1000 * 1000};
	event_add(link->retry, &t);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
	struct second_link *link = redis->data;
	(void)status;
	link_lost(link, redis->errstr && redis->err ? redis->errstr : "closed");
}

static void on_message(redisAsyncContext *redis, void *reply, void *ctx)
{
	struct second_link *link = redis->data;
	const redisReply *r = reply;
	(void)ctx;
	if (r && r->type == REDIS_REPLY_ARRAY && r->elements == 3 &&
	    r->element[0]->type == REDIS_REPLY_STRING && r->element[0]->len == 7 &&
	    r->element[2]->type == REDIS_REPLY_STRING)
		link->second->news(link->second->ctx,
				   (struct str){r->element[2]->str, r->element[2]->len});
}

static void on_connect(const redisAsyncContext *redis, int status)
{
	struct second_link *link = redis->data;
	struct second *second = link->second;
	if (status != REDIS_OK) {
		link_lost(link, redis->errstr);
		return;
	}
	if (link->failures)
		log_info("the cache's second tier is back",
			 LOG_S("link", link == &second->requests ? "requests" : "news"));
	link->up = true;
	link->failures = 0;
	redisAsyncContext *writable = link->redis;
	if (second->password[0])
		redisAsyncCommand(writable, NULL, NULL, "AUTH %s", second->password);
	if (second->database)
		redisAsyncCommand(writable, NULL, NULL, "SELECT %d", second->database);
	if (link == &second->news_link)
		redisAsyncCommand(writable, on_message, NULL, "SUBSCRIBE " CHANNEL);
}

static void connect_link(struct second_link *link)
{
	struct second *second = link->second;
	redisAsyncContext *redis =
	    memory_had(second->path[0] ? redisAsyncConnectUnix(second->path)
				       : redisAsyncConnect(second->host, second->port));
	if (redis->err) {
		char why[128];
		snprintf(why, sizeof(why), "%s", redis->errstr);
		redisAsyncFree(redis);
		link_lost(link, why);
		return;
	}
	redis->data = link;
	link->redis = redis;
	must(redisLibeventAttach(redis, second->loop) == REDIS_OK);
	redisAsyncSetConnectCallback(redis, on_connect);
	redisAsyncSetDisconnectCallback(redis, on_disconnect);
}

static void open_link(struct second *second, struct second_link *link)
{
	*link = (struct second_link){.second = second};
	link->retry = memory_had(event_new(second->loop, -1, 0, on_retry, link));
	connect_link(link);
}

static void close_link(struct second_link *link)
{
	if (link->redis)
		redisAsyncFree(link->redis); /* pending requests are answered */
	event_free(link->retry);
}

enum status second_create(struct event_base *loop, const char *url, second_news *news, void *ctx,
			  struct second **out, struct err *err)
{
	struct second *second = memory_alloc(sizeof(*second));
	second->random = random_seeded();
	enum status status = parse_url(second, url, err);
	if (status != OK) {
		free(second);
		return status;
	}
	second->loop = loop;
	second->news = news;
	second->ctx = ctx;
	open_link(second, &second->requests);
	open_link(second, &second->news_link);
	*out = second;
	return OK;
}

void second_destroy(struct second *second)
{
	if (!second)
		return;
	second->closing = true;
	close_link(&second->requests);
	close_link(&second->news_link);
	free(second);
}

/* ---- requests ---- */

static void tell(struct second_request *request, enum second_result result, struct str value)
{
	second_done *done = request->done;
	request->done = NULL;
	if (request->timer)
		event_free(request->timer);
	request->timer = NULL;
	if (done && !request->second->closing)
		done(request->ctx, result, value);
}

/* hiredis calls this once for each command, with NULL when the connection is lost. */
static void on_reply(redisAsyncContext *redis, void *reply, void *ctx)
{
	struct second_request *request = ctx;
	const redisReply *r = reply;
	struct str value = {NULL, 0};
	(void)redis;
	enum second_result result =
	    !r || r->type == REDIS_REPLY_ERROR ? SECOND_AWAY : request->read(r, &value);
	if (r && r->type == REDIS_REPLY_ERROR && request->done)
		log_warn("the cache's second tier answers an error", LOG_S("error", r->str));
	tell(request, result, value);
	free(request);
}

/* Too slow: a later reply is ignored, and the connection may be dead. */
static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
	struct second_request *request = ctx;
	struct second *second = request->second;
	redisAsyncContext *redis = second->requests.redis;
	(void)fd;
	(void)what;
	tell(request, SECOND_AWAY, (struct str){NULL, 0});
	if (redis && second->requests.redis == redis) {
		second->requests.up = false;
		redisAsyncFree(redis); /* answers the other pending requests */
	}
}

static struct second_request *
send_request(struct second *second, int count, const struct str *words,
	     enum second_result (*read)(const redisReply *, struct str *), second_done *done,
	     void *ctx)
{
	const char *argv[10];
	size_t lengths[10];
	const struct timeval limit = {0, SECOND_TIMEOUT_MS * 1000};
	must(count <= 10);
	if (!second->requests.up)
		return NULL;
	struct second_request *request = memory_alloc(sizeof(*request));
	*request =
	    (struct second_request){.second = second, .done = done, .ctx = ctx, .read = read};
	for (int i = 0; i < count; i++) {
		argv[i] = words[i].p;
		lengths[i] = words[i].n;
	}
	if (redisAsyncCommandArgv(second->requests.redis, on_reply, request, count, argv,
				  lengths) != REDIS_OK) {
		free(request);
		return NULL;
	}
	request->timer = event_new(second->loop, -1, 0, on_timeout, request);
	if (!request->timer || event_add(request->timer, &limit) != 0)
		memory_exhausted();
	return request;
}

void second_cancel(struct second_request *request)
{
	request->done = NULL;
}

static enum second_result read_value(const redisReply *reply, struct str *value)
{
	if (reply->type != REDIS_REPLY_STRING)
		return SECOND_NO;
	*value = (struct str){reply->str, reply->len};
	return SECOND_YES;
}

static enum second_result read_done(const redisReply *reply, struct str *value)
{
	(void)value;
	return reply->type == REDIS_REPLY_INTEGER && reply->integer == 1 ? SECOND_YES : SECOND_NO;
}

/* PREFIX and the key; keys are at most STORE_KEY_MAX long. */
struct second_name {
	char p[1200];
};
static struct str name_of(const char *prefix, struct str key, struct second_name *out)
{
	size_t n = strlen(prefix);
	must(n + key.n <= sizeof(out->p));
	memcpy(out->p, prefix, n);
	memcpy(out->p + n, key.p, key.n);
	return (struct str){out->p, n + key.n};
}

static struct str number_text(uint64_t value, char out[24])
{
	return (struct str){out, (size_t)snprintf(out, 24, "%llu", (unsigned long long)value)};
}

struct second_request *second_get(struct second *second, struct str key, second_done *done,
				  void *ctx)
{
	struct second_name name;
	const struct str words[] = {STR("GET"), name_of(VALUE_PREFIX, key, &name)};
	return send_request(second, 2, words, read_value, done, ctx);
}

struct second_token second_token(uint64_t machine, uint64_t entry, uint64_t word)
{
	struct second_token token;
	snprintf(token.text, sizeof(token.text), "%016llx:%llx:%llx", (unsigned long long)machine,
		 (unsigned long long)entry, (unsigned long long)word);
	return token;
}

struct second_request *second_lock(struct second *second, struct str key,
				   const struct second_token *token, int64_t lease_ms,
				   second_done *done, void *ctx)
{
	struct second_name name;
	char lease_text[24];
	const struct str words[] = {STR("EVAL"),
				    str_of(script_lock),
				    STR("1"),
				    name_of(LOCK_PREFIX, key, &name),
				    str_of(token->text),
				    number_text((uint64_t)lease_ms, lease_text)};
	return send_request(second, 6, words, read_done, done, ctx);
}

struct second_request *second_put(struct second *second, struct str key,
				  const struct second_token *token, struct str value,
				  int64_t ttl_ms, second_done *done, void *ctx)
{
	struct second_name value_name, lock_name;
	char ttl_text[24];
	const struct str words[] = {STR("EVAL"),
				    str_of(script_put),
				    STR("2"),
				    name_of(VALUE_PREFIX, key, &value_name),
				    name_of(LOCK_PREFIX, key, &lock_name),
				    str_of(token->text),
				    value,
				    number_text((uint64_t)ttl_ms, ttl_text),
				    STR(CHANNEL),
				    key};
	return send_request(second, 10, words, read_done, done, ctx);
}

void second_unlock(struct second *second, struct str key, const struct second_token *token)
{
	struct second_name name;
	const struct str words[] = {
	    STR("EVAL"),         str_of(script_unlock), STR("1"), name_of(LOCK_PREFIX, key, &name),
	    str_of(token->text), STR(CHANNEL),          key};
	(void)!send_request(second, 7, words, read_done, NULL, NULL);
}
