#include "cli/report.h"
#include <libfyaml.h>
#include <mpool/mpool.h>
#include "base/buf.h"
#include <pool/core.h>
