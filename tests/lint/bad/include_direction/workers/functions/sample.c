#include "args.h"
#include <gmp.h>
#include <mpool/job.h>
#include "base/buf.h"
#include "workers/registry.h"
