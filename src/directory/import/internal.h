/* Inside the importer. */
#ifndef DIRECTORY_IMPORT_INTERNAL_H
#define DIRECTORY_IMPORT_INTERNAL_H

#include "directory/import/import.h"

/* Append the record as a line of COPY import_row. n: its number in the file. */
void import_row(struct buf *out, const struct record *record, uint64_t n, int64_t id);

#endif
