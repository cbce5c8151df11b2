/* probe.c sends, plan.c reads what EXPLAIN answers. */
#ifndef AUDIT_PROBE_INTERNAL_H
#define AUDIT_PROBE_INTERNAL_H

#include "audit/probe/probe.h"

/* ---- plan.c ---- */
MUST_CHECK enum status plan_read(struct str json, struct arena *arena, struct probe_plan *plan,
				 struct err *err);

#endif
