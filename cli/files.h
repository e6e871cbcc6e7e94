/*
 * cli/files.h - the files that a run writes: none is one that it reads, and each is another
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli/options.h"

/*
 * files_check - look whether --output, --joblog and --journal name a file that the run needs for something else
 *
 * That file would be lost. Looks only: it is called before these are opened, and after that once more, for then two
 * paths of a file that was not there are known to be of one. Returns false if one does, which was said.
 *
 * What a step reads by a path with templates, and what its programs read, is not known.
 */
bool files_check(const struct options *options, const struct jobfile *jobfile);

/* files_say - one line: `mpool: OPTION "PATH"`, the path as people see it, and two texts */
void files_say(const char *option, const char *path, const char *what, const char *why);

#endif
