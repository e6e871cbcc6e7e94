#include "base/buf.h"
#include "serialize/scan.h"
#include <nng/protocol/pair1/pair.h>
