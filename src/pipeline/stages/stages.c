/* The table of stages. */
#include "pipeline/stages/stage.h"

#define STAGE(id) extern const struct pipeline_stage stage_##id;
#include "pipeline/stages/stages.def"
#undef STAGE

const struct pipeline_stage *const pipeline_stages[] = {
#define STAGE(id) &stage_##id,
#include "pipeline/stages/stages.def"
#undef STAGE
    NULL,
};

const struct pipeline_stage *pipeline_stage_find(struct str name)
{
	for (size_t i = 0; pipeline_stages[i]; i++)
		if (str_eq(name, str_of(pipeline_stages[i]->name)))
			return pipeline_stages[i];
	return NULL;
}

void pipeline_stage_names(struct buf *out)
{
	for (size_t i = 0; pipeline_stages[i]; i++)
		buf_printf(out, "%s%s",
			   i == 0                    ? ""
			   : !pipeline_stages[i + 1] ? " or "
						     : ", ",
			   pipeline_stages[i]->name);
}
