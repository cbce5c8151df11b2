/* The order of the pieces of a business's page: site.business_order. */
#include "site/look/internal.h"
#include "site/look/look.h"

/* A piece is the template parts/NAME; on narrow screens the section .at-NAME. */
static const struct look_piece {
	const char *name;
	enum look_place place;
} look_pieces[] = {
    {"hours", LOOK_SIDE},    {"about", LOOK_MAIN}, {"goods", LOOK_MAIN}, {"area", LOOK_MAIN},
    {"pictures", LOOK_MAIN}, {"facts", LOOK_MAIN}, {"map", LOOK_SIDE},   {"nearby", LOOK_BELOW},
};

/* Where the setting names the piece, from 1; those that it does not name come behind, because a
 * page shows everything that its block of facts says. */
static size_t look_piece_rank(struct str order, size_t piece)
{
	size_t place = 0;
	while (order.p) {
		struct str name = str_trim(str_cut(&order, ' '));
		place += name.n > 0;
		if (str_eq(name, str_of(look_pieces[piece].name)))
			return place;
	}
	return COUNT_OF(look_pieces) + 1 + piece;
}

static const struct look_piece *look_piece_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(look_pieces); i++)
		if (str_eq(name, str_of(look_pieces[i].name)))
			return &look_pieces[i];
	return NULL;
}

enum status look_order_check(const struct config *config, struct err *err)
{
	struct str rest = str_of(config_text(config, CONFIG_SITE_BUSINESS_ORDER));
	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ' '));
		if (name.n && !look_piece_find(name))
			return err_set(
			    err, INVALID,
			    "site.business_order: there is no piece \"%.*s\"; there are hours, about, goods, area, pictures, facts, map and nearby",
			    STR_ARG(name));
	}
	return OK;
}

/* Call `put` for each piece in the order of the setting. */
static void look_each_piece(const struct config *config,
			    void (*put)(const struct look_piece *piece, size_t rank, void *ctx),
			    void *ctx)
{
	struct str order = str_of(config_text(config, CONFIG_SITE_BUSINESS_ORDER));
	for (size_t rank = 1; rank <= 2 * COUNT_OF(look_pieces); rank++)
		for (size_t i = 0; i < COUNT_OF(look_pieces); i++)
			if (look_piece_rank(order, i) == rank)
				put(&look_pieces[i], rank, ctx);
}

struct look_order_to {
	enum look_place place;
	struct buf *out;
};

static void look_put_partial(const struct look_piece *piece, size_t rank, void *ctx)
{
	struct look_order_to *to = ctx;
	(void)rank;
	if (piece->place == to->place)
		buf_printf(to->out, "{{>parts/%s}}\n", piece->name);
}

void look_order(const struct config *config, enum look_place place, struct buf *out)
{
	look_each_piece(config, look_put_partial, &(struct look_order_to){place, out});
}

static void look_put_rule(const struct look_piece *piece, size_t rank, void *ctx)
{
	struct buf *out = ctx;
	if (piece->place != LOOK_BELOW)
		buf_printf(out, ".at-%s{order:%zu}", piece->name, rank);
}

void look_order_rules(const struct config *config, struct buf *out)
{
	look_each_piece(config, look_put_rule, out);
}
