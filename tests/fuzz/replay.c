/*
 * tests/fuzz/replay.c - a main() for fuzz targets in builds without libFuzzer: one input a file
 *
 *     replay-scan tests/fuzz/corpus/scan        every file of a directory
 *     replay-scan crash-0123                    one that libFuzzer has found
 *
 * A target that finds something wrong aborts, behind the name of the file on stderr. Exit: 0 all went well, 2 nothing
 * to read.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

/* Inputs are small; longer ones are cut. */
enum { SIZE_MOST = 1 << 20 };

static size_t replayed;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(SIZE_MOST);
    uint8_t *exact;
    size_t size;

    if (file == NULL || bytes == NULL) {
        perror(path);
        free(bytes);
        exit(2);
    }
    size = fread(bytes, 1, SIZE_MOST, file);
    (void)fclose(file);
    exact = realloc(bytes, size > 0 ? size : 1); /* so that AddressSanitizer sees a read beyond the end */
    if (exact == NULL)
        exit(2);
    (void)fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    replayed++;
}

static void replay(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    char name[PATH_MAX];

    if (directory == NULL) {
        replay_file(path);
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        replay_file(name);
    }
    (void)closedir(directory);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    (void)fprintf(stderr, "%zu inputs\n", replayed);
    return replayed > 0 ? 0 : 2;
}
