/* link: base language hours directory/record directory/taxonomy site/facts audit/serve audit/page */
/* Foreign pages, sitemaps and robots.txt: whatever they hold, facts fit their message and lines
 * count from 1. First byte: which kind of document. */
#include "fuzz.h"
#include "audit/page/page.h"

#include <setjmp.h>

/* Some pages fail an assertion of libgumbo: the reader dies, and the audit says so of the page
 * (page-unreadable). This target gives such a page up and goes on. What libgumbo had allocated is
 * lost then, so leaks are not looked for here; tests/unit/page.c does. Our own code uses must(). */
static jmp_buf given_up;

_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line,
			     const char *function);
_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line,
			     const char *function)
{
	(void)assertion, (void)file, (void)line, (void)function;
	longjmp(given_up, 1);
}

int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

static void found(void *ctx, enum page_fact fact, uint32_t line, uint32_t column, struct str a,
		  struct str b)
{
	size_t *facts = ctx;
	(void)column;
	must(fact > PAGE_END && fact < PAGE_FACTS);
	must(a.n <= PAGE_TEXT_MAX && b.n <= PAGE_TEXT_MAX);
	must(++*facts <= PAGE_FACTS_MAX + 1);
	must(line < 1u << 30);
	fuzz_accept(true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t facts = 0;
	if (size == 0 || setjmp(given_up))
		return 0;
	page_read(data[0] % 3 + PAGE_HTML, (struct str){(const char *)data + 1, size - 1}, found,
		  &facts);
	return 0;
}
