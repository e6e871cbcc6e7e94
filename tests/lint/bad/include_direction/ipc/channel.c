#include <nng/nng.h>
