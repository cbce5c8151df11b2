#include "process/alarm.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

const char *const alarm_severity_names[] = {"warning", "critical"};

static const uint64_t alarms_form = 0x0000314d52414c41ull ^ ((uint64_t)sizeof(struct alarms) << 48);

void alarms_init(struct alarms *list)
{
	*list = (struct alarms){.form = alarms_form};
}

struct alarm *alarms_add(struct alarms *list, const char *key, enum alarm_severity severity,
			 int64_t since_us)
{
	if (list->count >= ALARMS_MAX) {
		list->dropped++;
		return NULL;
	}
	struct alarm *a = &list->alarm[list->count++];
	snprintf(a->key, sizeof(a->key), "%s", key);
	a->severity = severity;
	a->since_us = since_us;
	return a;
}

void alarm_say(char out[ALARM_TEXT], const char *fmt, ...)
{
	static const char dots[] = "...";
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(out, ALARM_TEXT, fmt, args);
	va_end(args);
	if (n >= ALARM_TEXT) {
		struct str text = utf8_cut(str_of(out), ALARM_TEXT - sizeof(dots));
		memcpy(out + text.n, dots, sizeof(dots));
	}
}

/* The writer may be hostile or of another build: everything is checked. */
static void alarm_check_text(char *text, size_t size)
{
	text[size - 1] = '\0';
	if (!utf8_is_valid(str_of(text)))
		snprintf(text, size, "?");
}

bool alarms_take(struct str published, struct alarms *out)
{
	if (published.n < sizeof(*out))
		return false;
	memcpy(out, published.p, sizeof(*out));
	if (out->form != alarms_form || out->count > ALARMS_MAX)
		return false;
	for (uint32_t i = 0; i < out->count; i++) {
		struct alarm *a = &out->alarm[i];
		alarm_check_text(a->key, sizeof(a->key));
		alarm_check_text(a->text, sizeof(a->text));
		alarm_check_text(a->action, sizeof(a->action));
		if (a->severity > ALARM_CRITICAL)
			a->severity = ALARM_CRITICAL;
	}
	return true;
}
