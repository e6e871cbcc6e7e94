#include <jansson.h>
#include "examples/sample.h"
