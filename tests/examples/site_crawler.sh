# site_crawler.sh - a server on the loopback with two pages; the third one is not there; sourced, never run
prepare()
{
    mkdir site pages
    printf '%0100000d' 1 >site/long.html
    printf 'hello' >site/short.html
    mkfifo port
}

run()
{
    "$server" site >port &
    server_pid=$!
    trap 'kill $server_pid; rm -rf "$folder"' EXIT
    read -r port <port
    site=http://127.0.0.1:$port
    (cd pages && no_proxy='*' example "$site/long.html" "$site/missing.html" "$site/short.html")
    cmp site/long.html pages/long.html
    cmp site/short.html pages/short.html
    rm pages/long.html pages/short.html
    kill $server_pid
    wait $server_pid 2>/dev/null || :
    trap 'rm -rf "$folder"' EXIT
}

normalise()
{
    sed 's/\(Problem with [a-z.]*\): .*/\1/' | sort # the words are libcurl's
}
