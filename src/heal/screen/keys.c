/* The keyboard of the live screen. */
#include "heal/screen/screen.h"
#include "base/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios keys_before;
static bool keys_taken;

static void keys_restore(void)
{
	if (keys_taken)
		tcsetattr(STDIN_FILENO, TCSANOW, &keys_before);
	keys_taken = false;
}

bool screen_keys_take(void)
{
	static bool registered;
	struct termios raw;
	/* In the background it would be stopped for touching the terminal. */
	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &keys_before) != 0)
		return false;
	raw = keys_before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
		return false;
	keys_taken = true;
	if (!registered)
		atexit(keys_restore); /* however the program ends */
	registered = true;
	return true;
}

void screen_keys_release(void)
{
	keys_restore();
}

bool screen_key_apply(struct screen_view *view, char key)
{
	static const struct {
		char key;
		enum screen_page page;
	} pages[] = {{'w', SCREEN_STATEMENTS}, {'p', SCREEN_RECIPE}, {'s', SCREEN_SESSIONS},
		     {'l', SCREEN_LEDGER},     {'r', SCREEN_REPORT}, {'?', SCREEN_HELP}};
	if (key == 'f')
		view->frozen = !view->frozen;
	if (key == 'a') {
		view->acknowledge = true;
		view->page = SCREEN_LEDGER;
	}
	if (key == '\033' || key == ' ')
		view->page = SCREEN_CAUSES_PAGE;
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (pages[i].key == key)
			view->page =
			    view->page == pages[i].page ? SCREEN_CAUSES_PAGE : pages[i].page;
	return key != 'q';
}

enum screen_event screen_keys_wait(struct screen_view *view, int64_t until_ms)
{
	struct pollfd fd = {STDIN_FILENO, POLLIN, 0};
	int64_t left = until_ms - clock_ms();
	char key;
	if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
		return SCREEN_EVENT_NONE; /* the time is over, or a signal came */
	if (read(STDIN_FILENO, &key, 1) != 1) {
		keys_restore(); /* the terminal is gone; the screen goes on without a keyboard */
		return SCREEN_EVENT_CLOSED;
	}
	return screen_key_apply(view, key) ? SCREEN_EVENT_KEY : SCREEN_EVENT_QUIT;
}
