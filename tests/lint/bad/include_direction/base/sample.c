#include "base/buf.h"
#include <mpool/error.h>
#include "ipc/channel.h"
#  include "pool/core.h"
#include <nng/nng.h>
#include <stdio.h>
#include "sample.h"
/* #include "pool/core.h" in a comment that does not begin its line is none */
