#include "workers/registry.h"
#include "ipc/channel.h"
#include "cli/report.h"
#include "pole/core.h"
