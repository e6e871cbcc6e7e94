/*
 * tests/examples/file_server.c - the files of a folder by HTTP, on a port of the loopback that is free
 *
 *     file_server FOLDER
 *
 * It prints the port when connections are taken, serves one request a connection, and ends by a signal. Whoever does
 * not send a request within two seconds is not waited for.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* The end of a request is an empty line. */
static int read_request(int connection, char *request, size_t room)
{
    size_t size = 0;
    ssize_t got;

    do {
        got = read(connection, request + size, room - 1 - size);
        if (got <= 0)
            return -1;
        size += (size_t)got;
        request[size] = '\0';
    } while (strstr(request, "\r\n\r\n") == NULL);
    return 0;
}

static void serve(int connection, int folder)
{
    char request[4096], name[64], head[128];
    struct stat found;
    int file = -1, size;

    if (read_request(connection, request, sizeof request) != 0)
        return;
    if (sscanf(request, "GET /%63[a-z.] ", name) == 1)
        file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 || fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
        static const char missing[] = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";

        (void)!write(connection, missing, sizeof missing - 1);
    } else {
        size = snprintf(head, sizeof head, "HTTP/1.0 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)found.st_size);
        if (write(connection, head, (size_t)size) == size)
            while (sendfile(connection, file, NULL, 1 << 20) > 0)
                continue;
    }
    if (file >= 0)
        (void)close(file);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 2};
    socklen_t size = sizeof address;
    int folder = argc == 2 ? open(argv[1], O_DIRECTORY | O_CLOEXEC) : -1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (folder < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("file_server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    if (fclose(stdout) != 0)
        return 1;
    for (int connection; (connection = accept(listener, NULL, NULL)) >= 0; (void)close(connection)) {
        (void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        (void)setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve(connection, folder);
    }
    perror("file_server");
    return 1;
}
