/* Our end of the sandboxed reader. One that dies or does not answer is replaced; the document
 * is then what is wrong. */
#include "audit/site/internal.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/memory.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 8000 }; /* the largest sound document takes a third of it */

void site_reader_init(struct site_reader *reader, const struct site_options *options)
{
	*reader = (struct site_reader){.options = options, .to = -1, .from = -1};
}

void site_reader_end(struct site_reader *reader)
{
	struct err ignored;
	if (!reader->pid)
		return;
	close(reader->to);
	close(reader->from);
	kill(reader->pid, SIGKILL);
	if (spawn_wait(reader->pid, "holdfast-parse", &ignored) != OK)
		reader->to = reader->from = -1; /* killed by us: what it says is no news */
	site_reader_init(reader, reader->options);
}

static enum status reader_start(struct site_reader *reader, struct err *err)
{
	char path[4096];
	int in[2], out[2];
	pid_t pid;
	if (reader->pid)
		return OK;
	enum status status =
	    io_path(path, sizeof(path), err, "%s/holdfast-parse", reader->options->program_dir);
	if (status != OK)
		return status;
	if (pipe2(in, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return err_errno(err, FAILED, "pipe");
	}
	const struct spawn parser = {
	    .path = path,
	    .user = reader->options->user,
	    .argv = (const char *const[]){"holdfast-parse", "pages", NULL},
	    .env = (const char *const[]){NULL},
	    .in = in[0],
	    .out = out[1],
	    .err = STDERR_FILENO,
	    .death_signal = SIGKILL,
	};
	status = spawn_start(&parser, &pid, err);
	close(in[0]);
	close(out[1]);
	if (status != OK) {
		close(in[1]);
		close(out[0]);
		return status;
	}
	*reader = (struct site_reader){reader->options, pid, in[1], out[0]};
	return OK;
}

static bool reader_get(int fd, void *p, size_t n, int64_t deadline)
{
	char *at = p;
	while (n) {
		int64_t left = deadline - clock_ms();
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			return false;
		ssize_t got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* One fact into the site's memory. PAGE_END: the last. */
static bool reader_take(struct site_reader *reader, struct site *site, struct site_fact *fact,
			int64_t deadline)
{
	struct page_head head;
	char text[2][PAGE_TEXT_MAX];
	if (!reader_get(reader->from, &head, sizeof(head), deadline) || head.fact >= PAGE_FACTS ||
	    head.a_bytes > PAGE_TEXT_MAX || head.b_bytes > PAGE_TEXT_MAX ||
	    !reader_get(reader->from, text[0], head.a_bytes, deadline) ||
	    !reader_get(reader->from, text[1], head.b_bytes, deadline))
		return false;
	*fact = (struct site_fact){
	    .fact = head.fact,
	    .line = head.line,
	    .column = head.column,
	    .a = arena_str(&site->page_arena, (struct str){text[0], head.a_bytes}),
	    .b = arena_str(&site->page_arena, (struct str){text[1], head.b_bytes}),
	};
	return fact->a.p && fact->b.p;
}

static bool reader_receive(struct site_reader *reader, struct site *site, struct site_page *page)
{
	int64_t deadline = clock_ms() + ANSWER_MS;
	size_t room = 0, count = 0;
	struct site_fact *facts = NULL, fact;
	bool whole;
	while ((whole = reader_take(reader, site, &fact, deadline)) && fact.fact != PAGE_END) {
		if (count == PAGE_FACTS_MAX + 1)
			break;
		facts = memory_grow(facts, &room, count + 1, sizeof(*facts));
		facts[count++] = fact;
	}
	page->facts = arena_array(&site->page_arena, count ? count : 1, sizeof(*facts));
	whole = whole && fact.fact == PAGE_END && page->facts;
	if (whole && count)
		memcpy(page->facts, facts, count * sizeof(*facts));
	page->facts_count = whole ? count : 0;
	free(facts);
	return whole;
}

enum status site_read(struct site_reader *reader, struct site *site, struct site_page *page,
		      struct str body, struct err *err)
{
	const struct page_request request = {page->file->kind, (uint32_t)body.n};
	enum status status = reader_start(reader, err);
	if (status != OK)
		return status;
	if (io_write_all(reader->to, &request, sizeof(request), err) != OK ||
	    io_write_all(reader->to, body.p ? body.p : "", body.n, err) != OK ||
	    !reader_receive(reader, site, page)) {
		page->unread = "the reader ended over it: too deep, too much memory, or too slow";
		site_reader_end(reader);
	}
	return OK;
}
