#include "site/search/internal.h"

#include <libdeflate.h>
#include <stdlib.h>
#include "base/memory.h"

/* Level 7 takes a third more time for 0.6 % fewer bytes, level 1 half of the time for 4 % more. */
enum { GZIP_LEVEL = 5, PACKED_MAX = 64 << 20 };

struct sitesearch_packer {
	struct libdeflate_compressor *deflate;
	struct buf packed;
};

struct sitesearch_packer *sitesearch_packer_create(void)
{
	struct sitesearch_packer *p = memory_alloc(sizeof(*p));
	p->deflate = memory_had(libdeflate_alloc_compressor(GZIP_LEVEL));
	buf_init(&p->packed, PACKED_MAX);
	return p;
}

void sitesearch_packer_free(struct sitesearch_packer *p)
{
	if (!p)
		return;
	libdeflate_free_compressor(p->deflate);
	buf_release(&p->packed);
	free(p);
}

enum status sitesearch_pack(struct sitesearch_packer *p, struct str text, struct str *out,
			    struct err *err)
{
	size_t room = libdeflate_gzip_compress_bound(p->deflate, text.n);
	buf_reset(&p->packed);
	char *to = buf_room(&p->packed, room);
	if (!to)
		return err_set(err, TOO_LARGE, "%zu bytes of the search's index", text.n);
	size_t n = libdeflate_gzip_compress(p->deflate, text.p, text.n, to, room);
	must(n);
	buf_grew(&p->packed, n);
	*out = buf_view(&p->packed);
	return OK;
}
