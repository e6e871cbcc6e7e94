#include "ipc/channel.h"
#include "serialize/scan.h"
#include "pool/core.h"
#include "../pool/core.h"
