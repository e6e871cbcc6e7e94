#ifndef MP_BASE_NOTHING_H
#endif
