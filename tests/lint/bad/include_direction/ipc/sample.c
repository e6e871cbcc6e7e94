#include "base/buf.h"
#include "workers/job.h"
#include <nng/protocol/pair1/pair.h>
