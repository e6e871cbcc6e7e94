/*
 * cli/product.h - a product of any number of factors
 *
 * Of integers it is exact, however large. Once a float was among the factors it is a float, which no intermediate value
 * can make infinite or 0: only what the whole comes to counts.
 */
#ifndef CLI_PRODUCT_H
#define CLI_PRODUCT_H

#include "cli/figure.h"
#include "cli/number.h"

/* The most bits that the factors of one total may have together: ten million decimal digits, 4 MiB. */
#define PRODUCT_BITS_MAX (UINT64_C(1) << 25)

struct product;

/* product_new - a product of nothing, which is 1; product_free - NULL is allowed */
struct product *product_new(void);
void product_free(struct product *product);

void product_multiply(struct product *product, const struct number *factor);

/* product_bits - how many bits a factor adds to a product, at most */
uint64_t product_bits(const struct number *factor);

/* product_figure - what the product is; release with figure_free() */
struct figure product_figure(struct product *product);

/* product_compare - below 0, 0, or above 0 */
int product_compare(struct product *a, struct product *b);

#endif
