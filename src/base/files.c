#include "base/files.h"

const struct file *files_find(struct str path)
{
	size_t low = 0, high = files_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(files[middle].path, path);
		if (order == 0)
			return &files[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
