/* WAL that archive_command does not take: it stays until the disk is full, and no backup can be
 * rolled forward over it. */
#include "heal/judge/internal.h"

enum { ARCHIVE_READINGS = 3, ARCHIVE_FAILED = 3 };

void judge_archive_fails(struct judge_case *c)
{
	const struct observe_sample *first = NULL, *last = NULL;
	int readings = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		if (!sample->xids.freeze_max) /* the state of the server was not read with it */
			continue;
		if (!sample->archive_fails || sample->archive_failed_at < ARCHIVE_FAILED)
			return;
		first = first ? first : sample;
		last = sample;
		readings++;
	}
	struct judge_finding *f =
	    readings >= ARCHIVE_READINGS ? judge_add(c, JUDGE_ARCHIVE_FAILS, JUDGE_HIGH) : NULL;
	if (!f)
		return;
	double rate = (double)(last->wal_at - first->wal_at) * 1e6 / (double)(last->at - first->at);
	f->key = "archive-fails";
	f->cause = judge_text(
	    c,
	    "WAL cannot be archived: archive_command has failed %lld times, and its last try failed.",
	    (long long)last->archive_failed_at);
	f->action =
	    "Read in the server's log what archive_command says; look for a full disk or an expired login at the archive. Do not delete files in pg_wal.";
	f->until = judge_text(
	    c, "WAL is kept until it can be archived, at present %.1f MB more every second.",
	    rate / 1e6);
	f->sure = "high: counted by the server (pg_stat_archiver)";
}
